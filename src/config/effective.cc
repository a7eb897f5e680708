#include "config/effective.h"

#include <nlohmann/json.hpp>

#include "config/rules.h"
#include "config/schema.h"

namespace config {
namespace {

Config without_secrets(Config config) {
  const auto hide = [](fastcgi::Params& params) {
    for (auto& [name, value] : params) {
      if (may_be_secret(name)) value = kHiddenValue;
    }
  };
  for (auto& [name, module] : config.modules) {
    hide(module.params);
    for (probe::CheckSettings& check : module.checks) hide(check.params);
  }
  return config;
}

// No key says it: the file would have to name the scrape URIs.
std::string compat_comment(const Config& config) {
  if (config.compat == Compat::none) return "";
  return std::string("# --compat=hipages") +
         (config.fix_process_count ? " --phpfpm.fix-process-count" : "") + "\n";
}

}  // namespace

std::string effective_yaml(const Config& config, Secrets secrets) {
  return compat_comment(config) +
         yaml_text(write_config(secrets == Secrets::hidden ? without_secrets(config) : config));
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
