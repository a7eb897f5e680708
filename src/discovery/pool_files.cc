#include "discovery/pool_files.h"

#include <string>
#include <utility>

#include "config/wording.h"
#include "discovery/pool_reader.h"
#include "discovery/pool_targets.h"

namespace discovery {
namespace {

void add(const phpfpm::Pool& pool, const config::PhpFpmPools& rule, const config::Config& config,
         Finding& out) {
  auto made = make_target(pool, rule);
  if (!made) return note(out.warnings, made.error());
  Adapted adapted = adapt(config.modules.at(rule.module), pool);
  for (const std::string& hint : adapted.hints) note(out.hints, hint);
  out.candidates.push_back({.target = std::move(made).value(),
                            .module = std::move(adapted.module),
                            .where = pool.file + ":" + std::to_string(pool.line)});
}

void follow(const config::PhpFpmPools& rule, const config::Config& config, Finding& out) {
  PoolsRead read = read_pools(rule.files);
  for (const std::string& warning : read.warnings) note(out.warnings, warning);
  if (read.pools.empty()) {
    note(out.warnings, "no PHP-FPM pool is in " + config::joined(rule.files) +
                           "; see that the pattern is right and its files can be read");
  }
  for (const phpfpm::Pool& pool : read.pools) add(pool, rule, config, out);
  out.included.insert(out.included.end(), read.included.begin(), read.included.end());
}

}  // namespace

Finding find_php_fpm_pools(const config::Config& config) {
  Finding found;
  found.source = "php_fpm_pools";
  for (const config::PhpFpmPools& rule : config.discovery.php_fpm_pools) {
    follow(rule, config, found);
  }
  return found;
}

}  // namespace discovery
