#include "config/types.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/duration.h"

namespace config {
namespace {

std::string duration_name(DurationBounds bounds) {
  return "a duration from " + base::format_duration(bounds.least) + " to " +
         base::format_duration(bounds.most);
}

// A bare number has no unit: only 0 needs none.
std::optional<base::Duration> read_duration(const Json& json) {
  if (json.is_number_integer() && json == 0) return base::Duration::zero();
  if (!json.is_string()) return std::nullopt;
  return base::parse_duration(json.get_ref<const std::string&>());
}

std::string not_text(std::string_view name, const Json& found) {
  std::string reason = wrong(name, found);
  const bool needs_quotes = found.is_number() || found.is_boolean();
  return needs_quotes ? reason + "; put it in quotes: \"" + found.dump() + '"' : reason;
}

void read_listen_address(const Json& json, const Place& place, std::vector<base::Address>& list) {
  if (!json.is_string()) {
    return place.problem(not_text("an address to listen on, such as \"127.0.0.1:9253\"", json));
  }
  auto address = base::parse_listen_address(json.get_ref<const std::string&>());
  if (!address) return place.problem(address.error());
  // Port 0 is another free port each time.
  const bool is_fixed = address->transport != base::Transport::tcp || address->port != 0;
  if (is_fixed && std::ranges::find(list, *address) != list.end()) {
    return place.problem(address->text() + " is in the list already; keep one");
  }
  list.push_back(std::move(address).value());
}

}  // namespace

Type<base::Duration> duration(DurationBounds bounds) {
  Type<base::Duration> type;
  type.name = duration_name(bounds);
  type.read = [bounds, name = type.name](const Json& json, const Place& place,
                                         base::Duration& value) {
    const auto read = read_duration(json);
    if (read && *read >= bounds.least && *read <= bounds.most) return void(value = *read);
    place.problem(wrong(name + ", such as 250ms, 5s or 1m30s", json));
  };
  type.write = [](const base::Duration& value, Written& out) {
    out = base::format_duration(value);
  };
  return type;
}

Type<std::string> text(std::string_view name, TextCheck check) {
  Type<std::string> type;
  type.name = name;
  type.read = [check = std::move(check), name = type.name](const Json& json, const Place& place,
                                                           std::string& value) {
    if (!json.is_string()) return place.problem(not_text(name, json));
    const auto& read = json.get_ref<const std::string&>();
    const std::string reason = check ? check(read) : "";
    if (!reason.empty()) return place.problem(reason);
    value = read;
  };
  type.write = [](const std::string& value, Written& out) { out = value; };
  return type;
}

Type<double> number() {
  Type<double> type;
  type.name = "a number";
  type.read = [name = type.name](const Json& json, const Place& place, double& value) {
    if (!json.is_number()) return place.problem(wrong(name, json));
    value = json.get<double>();
  };
  type.write = [](const double& value, Written& out) { out = value; };
  return type;
}

Type<base::Address> responder_address() {
  Type<base::Address> type;
  type.name = "an address: \"HOST:PORT\" or \"unix:/PATH\"";
  type.read = [name = type.name](const Json& json, const Place& place, base::Address& value) {
    if (!json.is_string()) return place.problem(not_text(name, json));
    auto address = base::parse_address(json.get_ref<const std::string&>());
    if (!address) return place.problem(address.error());
    value = std::move(address).value();
  };
  type.write = [](const base::Address& value, Written& out) { out = value.text(); };
  return type;
}

Type<std::vector<base::Address>> listen_addresses() {
  Type<std::vector<base::Address>> type;
  type.name = "an address, or a list of them";
  type.read = [](const Json& json, const Place& place, std::vector<base::Address>& value) {
    std::vector<base::Address> list;
    if (!json.is_array()) {
      read_listen_address(json, place, list);
    } else if (json.empty()) {
      place.problem("is an empty list; write at least one address, or remove the key");
    } else {
      for (std::size_t i = 0; i < json.size(); ++i) {
        read_listen_address(json[i], place.index(i), list);
      }
    }
    if (!list.empty()) value = std::move(list);
  };
  type.write = [](const std::vector<base::Address>& value, Written& out) {
    out = Written::array();
    for (const base::Address& address : value) out.push_back(address.text());
  };
  return type;
}

Type<Pairs> text_pairs(std::string_view name, std::size_t most, PairCheck check) {
  Type<Pairs> type;
  type.name = name;
  type.read = [most, check = std::move(check), wanted = type.name](
                  const Json& json, const Place& place, Pairs& pairs) {
    if (!json.is_object()) return place.problem(wrong(wanted, json));
    if (json.size() > most) {
      return place.problem("has " + std::to_string(json.size()) + " keys; write at most " +
                           std::to_string(most));
    }
    pairs.clear();
    for (const auto& item : json.items()) {
      const Place at = place.key(item.key());
      if (!item.value().is_string()) {
        at.problem(not_text("text", item.value()));
        continue;
      }
      const auto& value = item.value().get_ref<const std::string&>();
      const std::string reason = check(item.key(), value);
      if (!reason.empty()) at.problem(reason);
      pairs.emplace_back(item.key(), value);
    }
  };
  type.write = [](const Pairs& pairs, Written& out) {
    out = Written::object();
    for (const auto& [key, value] : pairs) out[key] = value;
  };
  return type;
}

std::string whole_name(std::int64_t least, std::int64_t most) {
  return "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
}

std::optional<std::int64_t> read_whole(const Json& json, const Place& place, std::int64_t least,
                                       std::int64_t most) {
  // Beyond int64 a JSON number is unsigned, and get<int64_t>() would wrap it.
  const bool is_huge = json.is_number_unsigned() && json.get<std::uint64_t>() > INT64_MAX;
  if (json.is_number_integer() && !is_huge) {
    const auto value = json.get<std::int64_t>();
    if (value >= least && value <= most) return value;
  }
  place.problem(wrong(whole_name(least, most), json));
  return std::nullopt;
}

void write_whole(std::int64_t value, Written& out) {
  out = value;
}

const std::string* text_in(const Json& json) {
  return json.is_string() ? &json.get_ref<const std::string&>() : nullptr;
}

void write_text(std::string_view text, Written& out) {
  out = text;
}

void read_list(std::string_view wanted, const Json& json, const Place& place,
               const ReadElement& read) {
  if (!json.is_array()) return place.problem(wrong(wanted, json));
  for (std::size_t i = 0; i < json.size(); ++i) read(json[i], place.index(i));
}

void write_list(std::size_t size, const WriteElement& write, Written& out) {
  out = Written::array();
  for (std::size_t i = 0; i < size; ++i) write(i, out.emplace_back());
}

}  // namespace config
