#include "discovery/sources.h"

#include <string>

#include "discovery/pool_files.h"

namespace discovery {

std::vector<Finding> Sources::find(const config::Config& config, Now now) {
  const config::Discovery& rules = config.discovery;
  std::vector<Finding> found;
  if (!rules.target_files.empty()) found.push_back(target_files_.find(config, now.wall));
  if (!rules.php_fpm_pools.empty()) found.push_back(find_php_fpm_pools(config));
  if (!rules.unix_sockets.empty()) found.push_back(unix_sockets_.find(config, now.steady));
  dns_.ask(rules.dns, now.steady);
  if (!rules.dns.empty()) found.push_back(dns_.find(config, now.steady));
  return found;
}

std::vector<std::string> Sources::patterns(const config::Discovery& rules) {
  std::vector<std::string> all;
  const auto add = [&all](const auto& files) { all.insert(all.end(), files.begin(), files.end()); };
  for (const auto& rule : rules.target_files) add(rule.files);
  for (const auto& rule : rules.php_fpm_pools) add(rule.files);
  for (const auto& rule : rules.unix_sockets) all.push_back(rule.glob);
  return all;
}

}  // namespace discovery
