#include "config/config.h"

#include <algorithm>

namespace config {

probe::CheckSettings default_check(std::string_view kind) {
  probe::CheckSettings check;
  check.name = kind;
  check.kind = kind;
  check.path = probe::default_path(kind);
  return check;
}

Module ping_module() {
  Module module;
  module.name = "ping";
  module.checks = {default_check("ping")};
  module.require = {"ping"};
  return module;
}

Module php_fpm_module() {
  Module module = ping_module();
  module.name = "php_fpm";
  module.checks.push_back(default_check("status"));
  return module;
}

const Module& module_of(const Config& config, const Target& target) {
  return target.own_module ? *target.own_module : config.modules.at(target.module);
}

const probe::CheckSettings* find_status_check(const Module& module) {
  const auto check = std::ranges::find_if(module.checks, [](const probe::CheckSettings& each) {
    return probe::kind_of(each).may_ask_status_address;
  });
  return check == module.checks.end() ? nullptr : &*check;
}

Config default_config() {
  Config config;
  for (Module& module : std::vector{ping_module(), php_fpm_module()}) {
    const std::string name = module.name;
    config.modules.emplace(name, std::move(module));
  }
  return config;
}

}  // namespace config
