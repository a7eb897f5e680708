#include "config/effective.h"

#include <nlohmann/json.hpp>

#include "config/rules.h"
#include "config/schema.h"

namespace config {
namespace {

void hide_params(Written& mapping) {
  const auto params = mapping.find("params");
  if (params == mapping.end()) return;
  for (auto& [name, value] : params->items()) {
    if (may_be_secret(name)) value = kHiddenValue;
  }
}

// Of a module, or of what a target says instead.
void hide_secrets(Written& module) {
  hide_params(module);
  const auto checks = module.find("checks");
  if (checks == module.end()) return;
  for (auto& [name, check] : checks->items()) hide_params(check);
}

Written written(const Config& config, Secrets secrets) {
  Written out = write_config(config);
  if (secrets == Secrets::shown) return out;
  for (auto& [name, module] : out["modules"].items()) hide_secrets(module);
  for (auto& target : out["targets"]) {
    if (target.contains("override")) hide_secrets(target["override"]);
  }
  return out;
}

// No key says it: the file would have to name the scrape URIs.
std::string compat_comment(const Config& config) {
  if (config.compat == Compat::none) return "";
  return std::string("# --compat=hipages") +
         (config.fix_process_count ? " --phpfpm.fix-process-count" : "") + "\n";
}

// Flags say it, not keys: the file is the same for every shard.
std::string shard_comment(const Shard& shard) {
  if (shard.is_everything()) return "";
  return "# --shard.index=" + std::to_string(shard.index) +
         " --shard.count=" + std::to_string(shard.count) +
         ": the targets below are those of every shard\n";
}

}  // namespace

std::string effective_yaml(const Config& config, Secrets secrets) {
  return compat_comment(config) + shard_comment(config.shard) + yaml_text(written(config, secrets));
}

std::string module_yaml(const Module& module) {
  Config alone;
  alone.modules.emplace(module.name, module);
  Written out = Written::object();
  out["modules"] = written(alone, Secrets::hidden)["modules"];
  return yaml_text(out);
}

std::string targets_yaml(const Config& config) {
  const Written all = write_config(config);
  const Written built_in = write_config(default_config());
  Written out = Written::object();
  for (const Target& target : config.targets) {
    const Written& module = all["modules"][target.module];
    const bool is_built_in =
        built_in["modules"].contains(target.module) && built_in["modules"][target.module] == module;
    if (!is_built_in) out["modules"][target.module] = module;
  }
  out["targets"] = all["targets"];
  return yaml_text(out);
}

}  // namespace config
