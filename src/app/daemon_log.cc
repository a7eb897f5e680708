#include "app/daemon_log.h"

#include <sstream>

#include "app/version.h"
#include "base/log.h"
#include "config/shard.h"

namespace app {

void log_start(const config::Config& config, const std::vector<base::Address>& bound,
               std::size_t targets, std::uint64_t series) {
  if (!config.shard.is_everything())
    base::log::info("watches its share of the targets",
                    {{"shard", config::shard_text(config.shard)},
                     {"targets_of_all_shards", std::to_string(config.targets.size())}});
  for (const base::Address& address : bound)
    base::log::info("listening", {{"address", address.text()}});
  base::log::info("started", {{"version", std::string(version())},
                              {"targets", std::to_string(targets)},
                              {"workers", std::to_string(config.workers)},
                              {"series", std::to_string(series)}});
}

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
