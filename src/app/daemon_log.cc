#include "app/daemon_log.h"

#include <sstream>

#include "base/log.h"

namespace app {

void log_problems(const std::string& problems) {
  std::istringstream lines(problems);
  for (std::string problem; std::getline(lines, problem);) {
    base::log::error("the new configuration is bad and the old one stays in force",
                     {{"problem", problem}});
  }
}

void log_changes(std::string_view what, const Changes& changes) {
  base::log::info(what, {{"added", std::to_string(changes.added)},
                         {"changed", std::to_string(changes.changed)},
                         {"removed", std::to_string(changes.removed)},
                         {"unchanged", std::to_string(changes.unchanged)}});
}

}  // namespace app
