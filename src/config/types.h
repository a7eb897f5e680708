// The kinds of values that keys have. Each reads one JSON value strictly: nothing is converted (3.9
// is no whole number, true is not 1, 8.2 is not text).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "config/fields.h"

namespace config {

struct DurationBounds {
  base::Duration least;
  base::Duration most;
};
Type<base::Duration> duration(DurationBounds bounds);

// Says what is wrong with a text and what to write; nothing when it will do.
using TextCheck = std::function<std::string(std::string_view)>;
Type<std::string> text(std::string_view name, TextCheck check = nullptr);

Type<double> number();
Type<base::Address> responder_address();
// One address or a list of them, never empty.
Type<std::vector<base::Address>> listen_addresses();

// A mapping of at most `most` texts to texts, each pair checked by `check`, in the order of the
// keys.
using Pairs = std::vector<std::pair<std::string, std::string>>;
using PairCheck = std::function<std::string(const std::string& name, const std::string& value)>;
Type<Pairs> text_pairs(std::string_view name, std::size_t most, PairCheck check);

// A whole number, reported and refused outside [least, most].
std::optional<std::int64_t> read_whole(const Json& json, const Place& place, std::int64_t least,
                                       std::int64_t most);
std::string whole_name(std::int64_t least, std::int64_t most);
void write_whole(std::int64_t value, Written& out);

template <typename Int>
Type<Int> whole(std::int64_t least, std::int64_t most) {
  Type<Int> type;
  type.name = whole_name(least, most);
  type.read = [least, most](const Json& json, const Place& place, Int& value) {
    if (const auto read = read_whole(json, place, least, most)) value = static_cast<Int>(*read);
  };
  type.write = [](const Int& value, Written& out) {
    write_whole(static_cast<std::int64_t>(value), out);
  };
  return type;
}

// Null when it is no text.
const std::string* text_in(const Json& json);
void write_text(std::string_view text, Written& out);

template <typename E>
using Choices = std::vector<std::pair<std::string, E>>;

template <typename E>
Type<E> choice(Choices<E> choices) {
  std::vector<std::string> words;
  for (const auto& [word, value] : choices) words.push_back(word);
  Type<E> type;
  type.name = "one of: " + joined(words);
  type.read = [choices, name = type.name](const Json& json, const Place& place, E& value) {
    const std::string* text = text_in(json);
    for (const auto& [word, meant] : choices) {
      if (text != nullptr && *text == word) return void(value = meant);
    }
    place.problem(wrong(name, json));
  };
  type.write = [choices](const E& value, Written& out) {
    for (const auto& [word, meant] : choices) {
      if (meant == value) write_text(word, out);
    }
  };
  return type;
}

using ReadElement = std::function<void(const Json&, const Place&)>;
using WriteElement = std::function<void(std::size_t index, Written& out)>;
void read_list(std::string_view wanted, const Json& json, const Place& place,
               const ReadElement& read);
void write_list(std::size_t size, const WriteElement& write, Written& out);

// Every element is kept, a bad one with its defaults, so that an index means the same in the file
// and in the list.
template <typename T>
Type<std::vector<T>> list_of(Type<T> element, std::string_view name) {
  Type<std::vector<T>> type;
  type.name = name;
  type.read = [read = element.read, wanted = type.name](const Json& json, const Place& place,
                                                        std::vector<T>& list) {
    list.clear();
    read_list(wanted, json, place,
              [&](const Json& value, const Place& at) { read(value, at, list.emplace_back()); });
  };
  type.write = [write = element.write](const std::vector<T>& list, Written& out) {
    write_list(
        list.size(), [&](std::size_t i, Written& value) { write(list[i], value); }, out);
  };
  if (element.describe) {
    type.describe = [describe = element.describe](const std::string& path,
                                                  std::vector<ReferenceTable>& out) {
      describe(path + "[]", out);
    };
  }
  return type;
}

// A key that has no default: without it there is nothing.
template <typename T>
Type<std::optional<T>> optional(Type<T> type) {
  Type<std::optional<T>> made;
  made.name = type.name;
  made.read = [read = type.read](const Json& json, const Place& place, std::optional<T>& value) {
    const std::size_t before = place.problem_count();
    T candidate{};
    read(json, place, candidate);
    if (place.problem_count() == before) value = std::move(candidate);
  };
  made.write = [write = type.write](const std::optional<T>& value, Written& out) {
    if (value) write(*value, out);
  };
  return made;
}

// The same type with one more condition on the whole value; `check` says what is wrong, or nothing.
template <typename T>
Type<T> checked(Type<T> type, std::function<std::string(const T&)> check) {
  type.read = [read = type.read, check](const Json& json, const Place& place, T& value) {
    const std::size_t before = place.problem_count();
    T candidate = value;
    read(json, place, candidate);
    if (place.problem_count() != before) return;
    const std::string reason = check(candidate);
    if (!reason.empty()) return place.problem(reason);
    value = std::move(candidate);
  };
  return type;
}

}  // namespace config
