#include "app/discover_command.h"

#include <cstddef>
#include <ostream>
#include <string>

#include "config/effective.h"
#include "discovery/pool_files.h"

namespace app {

int run_discover(config::Config config, std::ostream& out, std::ostream& err) {
  const discovery::Discovered found = discovery::add_php_fpm_pools(config);
  const auto first = config.targets.end() - static_cast<std::ptrdiff_t>(found.targets);
  config.targets.erase(config.targets.begin(), first);
  for (const std::string& warning : found.warnings) err << "warning: " << warning << "\n";
  for (const std::string& hint : found.hints) out << "# hint: " << hint << "\n";
  out << config::targets_yaml(config);
  return 0;
}

}  // namespace app
