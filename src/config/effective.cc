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

}  // namespace

std::string effective_yaml(const Config& config, Secrets secrets) {
  return yaml_text(write_config(secrets == Secrets::hidden ? without_secrets(config) : config));
}

}  // namespace config
