#include "config/fields.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace config {

bool read_mapping(const std::vector<BoundKey>& keys, const Json& json, const Place& place) {
  if (!json.is_object()) {
    place.problem(wrong("a mapping of keys to values", json));
    return false;
  }
  std::vector<std::string> known;
  for (const BoundKey& row : keys) {
    known.push_back(*row.key);
    const auto found = json.find(*row.key);
    if (found != json.end()) {
      row.read(*found, place.key(*row.key));
    } else if (row.is_required) {
      place.problem("needs the key " + *row.key + ": " + *row.type);
    }
  }
  for (const auto& item : json.items()) {
    const bool is_known = std::ranges::find(known, item.key()) != known.end();
    if (!is_known) place.key(item.key()).problem("unknown key" + suggestion(item.key(), known));
  }
  return true;
}

void write_key(const std::string& key, const std::function<void(Written&)>& write,
               Written& mapping) {
  Written value;
  write(value);
  if (!value.is_null()) mapping[key] = std::move(value);
}

void start_mapping(Written& out) {
  out = Written::object();
}

std::string written_text(const std::function<void(Written&)>& write) {
  Written value;
  write(value);
  return value.is_null() ? "none" : yaml_flow(value);
}

}  // namespace config
