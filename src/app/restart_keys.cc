#include "app/restart_keys.h"

#include <map>
#include <nlohmann/json.hpp>

#include "config/schema.h"

namespace app {
namespace {

void copy_fixed_part(const config::Config& from, config::Config& to) {
  to.web = from.web;
  to.workers = from.workers;
  to.detail = from.detail;
  to.buckets_seconds = from.buckets_seconds;
}

// Written as in a file, so that each key of `web` is one of these without being listed here.
std::map<std::string, std::string> written_keys(const config::Config& config) {
  config::Config fixed_part;
  copy_fixed_part(config, fixed_part);
  const config::Written document = config::write_config(fixed_part);
  std::map<std::string, std::string> keys;
  for (const auto& [name, value] : document.items()) {
    if (!value.is_object()) {
      keys[name] = value.dump();
      continue;
    }
    for (const auto& [key, inner] : value.items()) keys[name + "." + key] = inner.dump();
  }
  return keys;
}

}  // namespace

std::vector<std::string> keep_until_restart(const config::Config& in_force, config::Config& next) {
  std::map<std::string, std::string> now = written_keys(in_force);
  const std::map<std::string, std::string> wanted = written_keys(next);
  for (const auto& [key, value] : wanted) now.try_emplace(key);  // not written in one of the two
  std::vector<std::string> different;
  for (const auto& [key, value] : now) {
    const auto found = wanted.find(key);
    if (found == wanted.end() || found->second != value) different.push_back(key);
  }
  copy_fixed_part(in_force, next);
  return different;
}

}  // namespace app
