#include "config/config.h"

namespace config {

Module ping_module() {
  Module module;
  module.name = "ping";
  module.checks = {probe::CheckSettings{}};
  module.require = {module.checks.front().name};
  return module;
}

Config default_config() {
  Config config;
  Module ping = ping_module();
  config.modules.emplace(ping.name, std::move(ping));
  return config;
}

}  // namespace config
