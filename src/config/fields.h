// Configuration by rows: a key is one member, whose initializer is the default, and one field() row
// that names it. The rows read a document into the struct, refuse unknown keys, write the struct
// back, and are the reference's tables.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/document.h"
#include "config/problems.h"
#include "config/wording.h"
#include "config/yaml_text.h"

namespace config {

// One table of the reference: the keys of the mapping at `path`.
struct ReferenceRow {
  std::string key;
  std::string type;
  std::string default_text;
  std::string meaning;
};
struct ReferenceTable {
  std::string path;
  std::vector<ReferenceRow> rows;
};
using DescribeTables =
    std::function<void(const std::string& path, std::vector<ReferenceTable>& out)>;

// How values of one kind are read, written and described. Reading a bad value reports it and leaves
// the member alone. Writing fills in a null; what stays null is left out of its mapping.
template <typename T>
struct Type {
  std::string name;  // a phrase that follows "must be"
  std::function<void(const Json&, const Place&, T&)> read;
  std::function<void(const T&, Written&)> write;
  DescribeTables describe;  // the tables below; none for a plain value
};

template <typename S>
struct Field {
  std::string key;
  std::string type;
  std::string default_text;
  std::string meaning;
  bool is_required = false;
  std::function<void(const Json&, const Place&, S&)> read;
  std::function<void(const S&, Written&)> write;
  DescribeTables describe;
};

// The rows of one struct bound to one value of it, so that what they have in common is compiled
// once.
struct BoundKey {
  const std::string* key;
  const std::string* type;
  bool is_required;
  std::function<void(const Json&, const Place&)> read;
};
bool read_mapping(const std::vector<BoundKey>& keys, const Json& json, const Place& place);

// Puts what `write` writes under `key`, unless it writes nothing.
void write_key(const std::string& key, const std::function<void(Written&)>& write,
               Written& mapping);
void start_mapping(Written& out);
std::string written_text(const std::function<void(Written&)>& write);

// `access` is a pointer to the member, or a function from S& to a reference to it.
template <typename S, typename Access, typename T>
Field<S> field(std::string_view key, Access access, Type<T> type, std::string_view meaning) {
  Field<S> made;
  made.key = key;
  made.type = type.name;
  made.meaning = meaning;
  made.read = [access, read = type.read](const Json& json, const Place& place, S& s) {
    read(json, place, std::invoke(access, s));
  };
  made.write = [access, write = type.write](const S& s, Written& out) {
    write(std::invoke(access, s), out);
  };
  if (!type.describe) {
    made.default_text = written_text([&](Written& out) { made.write(S{}, out); });
  }
  made.describe = std::move(type.describe);
  return made;
}

template <typename S>
Field<S> required(Field<S> made) {
  made.is_required = true;
  made.default_text = "required";
  return made;
}

// For a default that depends on other values.
template <typename S>
Field<S> with_default(Field<S> made, std::string_view text) {
  made.default_text = text;
  return made;
}

// False when there is no mapping to read.
template <typename S>
bool read_fields(const std::vector<Field<S>>& fields, const Json& json, const Place& place, S& s) {
  std::vector<BoundKey> keys;
  keys.reserve(fields.size());
  for (const Field<S>& row : fields) {
    keys.push_back({&row.key, &row.type, row.is_required,
                    [&row, &s](const Json& value, const Place& at) { row.read(value, at, s); }});
  }
  return read_mapping(keys, json, place);
}

template <typename S>
void write_fields(const std::vector<Field<S>>& fields, const S& s, Written& out) {
  start_mapping(out);
  for (const Field<S>& row : fields) {
    write_key(
        row.key, [&](Written& value) { row.write(s, value); }, out);
  }
}

template <typename S>
void describe_fields(const std::vector<Field<S>>& fields, const std::string& path,
                     std::vector<ReferenceTable>& out) {
  const std::size_t own = out.size();
  out.push_back({path, {}});
  for (const Field<S>& row : fields) {
    out[own].rows.push_back({row.key, row.type, row.default_text, row.meaning});
    if (row.describe) row.describe(path.empty() ? row.key : path + "." + row.key, out);
  }
}

// A mapping with keys of its own. `finish` runs after its keys: derived defaults, and checks of
// several keys together.
template <typename S>
Type<S> object(std::vector<Field<S>> fields,
               std::function<void(const Json&, const Place&, S&)> finish = nullptr) {
  Type<S> type;
  type.name = "a mapping";
  type.read = [fields, finish](const Json& json, const Place& place, S& s) {
    if (read_fields(fields, json, place, s) && finish) finish(json, place, s);
  };
  type.write = [fields](const S& s, Written& out) { write_fields(fields, s, out); };
  type.describe = [fields](const std::string& path, std::vector<ReferenceTable>& out) {
    describe_fields(fields, path, out);
  };
  return type;
}

// A mapping in the file whose keys are members of S itself.
template <typename S>
Field<S> group(std::string_view key, std::vector<Field<S>> fields, std::string_view meaning) {
  const auto self = [](auto& s) -> auto& {
    return s;
  };
  return field<S>(key, self, object<S>(std::move(fields)), meaning);
}

}  // namespace config
