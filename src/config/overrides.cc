#include "config/overrides.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "config/module_fields.h"

namespace config {
namespace {

constexpr const char* kKey = "override";

bool is_kind(std::string_view word) {
  return std::ranges::find(probe::check_kinds(), word, &probe::CheckKind::name) !=
         probe::check_kinds().end();
}

bool has_mapping(const Json& mapping, const std::string& key) {
  const auto found = mapping.find(key);
  return found != mapping.end() && found->is_object();
}

// The form in which `over` names the check is the one in which its problems are told.
void make_short(Json& module, const std::string& kind) {
  if (!has_mapping(module, "checks") || !has_mapping(module["checks"], kind)) return;
  Json check = module["checks"][kind];
  if (check.value("kind", Json()) != kind) return;
  check.erase("kind");
  module["checks"].erase(kind);
  module[kind] = std::move(check);
}

void make_named(Json& module, const std::string& name) {
  if (!is_kind(name) || !has_mapping(module, name)) return;
  module["checks"][name] = module[name];
  module["checks"][name]["kind"] = name;
  module.erase(name);
}

void lay_check(const Json& over, Json& check) {
  const bool is_another = !over.is_object() || !check.is_object() ||
                          (over.contains("kind") && over["kind"] != check.value("kind", Json()));
  if (is_another) return void(check = over);
  for (const auto& item : over.items()) {
    // The conditions on a body exclude one another, so that `expect` is replaced whole.
    const bool is_whole = item.key() != "params" || !has_mapping(check, "params");
    if (is_whole || !item.value().is_object()) {
      check[item.key()] = item.value();
    } else {
      check["params"].update(item.value());
    }
  }
  // Any answer has any status.
  if (has_mapping(over, "expect") && over["expect"].contains("any_answer") &&
      !over.contains("status")) {
    check.erase("status");
  }
}

void lay_checks(const Json& over, Json& module) {
  for (const auto& item : over.items()) {
    make_named(module, item.key());
    lay_check(item.value(), module["checks"][item.key()]);
  }
}

void lay_key(const std::string& key, const Json& over, Json& module) {
  if (is_kind(key)) {
    make_short(module, key);
    lay_check(over, module[key]);
  } else if (key == "checks" && over.is_object()) {
    lay_checks(over, module);
  } else if (over.is_object() && has_mapping(module, key)) {
    module[key].update(over);
  } else {
    module[key] = over;
  }
}

bool names_a_check(const Json& module) {
  return module.contains("checks") ||
         std::ranges::any_of(probe::check_kinds(), [&](const probe::CheckKind& kind) {
           return module.contains(std::string(kind.name));
         });
}

// The module as a file would say it. The built-in ones are checks with their defaults.
Json keys_of(const Module& module, const Json& root) {
  const bool is_in_file = has_mapping(root, "modules") && has_mapping(root["modules"], module.name);
  Json keys = is_in_file ? root["modules"][module.name] : Json::object();
  if (is_in_file && names_a_check(keys)) return keys;
  // Without any check it asks for a ping: said here, so that a check of the target joins it.
  for (const probe::CheckSettings& check : module.checks) keys[check.kind] = Json::object();
  return keys;
}

bool is_good(const Json& keys) {
  Problems problems;
  Module ignored;
  module_of_file().read(keys, Place(problems, ""), ignored);
  return problems.empty();
}

// What `own` says otherwise: laid over `base` it is `own` again.
Written difference(const Written& own, const Written& base) {
  Written out = Written::object();
  for (const auto& [key, value] : own.items()) {
    const auto found = base.find(key);
    if (found != base.end() && *found == value) continue;
    const bool is_whole =
        key == "expect" || found == base.end() || !value.is_object() || !found->is_object();
    out[key] = is_whole ? value : difference(value, *found);
  }
  return out;
}

}  // namespace

Field<Target> override_row() {
  Field<Target> row;
  row.key = kKey;
  row.type = "a mapping of keys of `modules.NAME`";
  row.default_text = "none";
  row.meaning =
      "what holds for this target alone, laid over its module key by key, in its checks, health, "
      "ready and params, too; only expect is replaced whole";
  row.read = [type = row.type](const Json& json, const Place& place, Target&) {
    if (!json.is_object()) place.problem(wrong(type, json));
  };
  row.write = [](const Target&, Written&) {};
  return row;
}

void read_overrides(const Json& root, const Place& place, Config& config) {
  std::map<std::string, bool> are_good;  // by module
  for (std::size_t i = 0; i < config.targets.size(); ++i) {
    Target& target = config.targets[i];
    const Json& said = root["targets"][i];
    const auto module = config.modules.find(target.module);
    if (module == config.modules.end() || !said.is_object() || !has_mapping(said, kKey)) continue;
    Json keys = keys_of(module->second, root);
    const auto [known, is_new] = are_good.try_emplace(target.module, false);
    if (is_new) known->second = is_good(keys);
    if (!known->second) continue;
    for (const auto& item : said[kKey].items()) lay_key(item.key(), item.value(), keys);
    Module own;
    own.name = target.module;
    module_of_file().read(keys, place.key("targets").index(i).key(kKey), own);
    target.own_module = std::move(own);
  }
}

void write_overrides(const Config& config, Written& out) {
  for (std::size_t i = 0; i < config.targets.size(); ++i) {
    const Target& target = config.targets[i];
    if (!target.own_module) continue;
    Written own;
    module_of_file().write(*target.own_module, own);
    out["targets"][i][kKey] = difference(own, out["modules"][target.module]);
  }
}

}  // namespace config
