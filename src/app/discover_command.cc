#include "app/discover_command.h"

#include <cstddef>
#include <ostream>
#include <string>
#include <utility>

#include "app/discoveries.h"
#include "config/effective.h"

namespace app {

int run_discover(config::Config config, std::ostream& out, std::ostream& err) {
  const auto known = static_cast<std::ptrdiff_t>(config.targets.size());
  FoundOnce found = find_once(std::move(config));
  auto& targets = found.config.targets;
  targets.erase(targets.begin(), targets.begin() + known);
  for (const std::string& warning : found.warnings) err << "warning: " << warning << "\n";
  for (const std::string& hint : found.hints) out << "# hint: " << hint << "\n";
  out << config::targets_yaml(found.config);
  return 0;
}

}  // namespace app
