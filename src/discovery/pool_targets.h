// One pool of PHP-FPM as a target, and the module that asks for the paths which that pool has.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "phpfpm/pool_file.h"

namespace discovery {

// "php8.2-www" for a pool of /etc/php/8.2/fpm/..., "php82-www" below a folder php82, else "www".
std::string target_name(const phpfpm::Pool& pool);

// Its module is the rule's, which the caller replaces by the adapted one. Fails when the pool
// cannot be reached; the reason names what to mend.
base::Result<config::Target> make_target(const phpfpm::Pool& pool, const config::PhpFpmPools& rule);

struct Adapted {
  std::optional<config::Module> module;  // none: the base asks the right questions as it is
  std::vector<std::string> hints;        // what the pool's file could say for a better watch
};

// The base with ping.path, ping.response and pm.status_path of the pool. What the pool does not
// answer is not asked; without a ping any whole answer proves that a worker served, unless the
// status page is asked of the pool itself and decides. Checks that have names of their own, and
// scripts, stay. The module's name says what it asks: "php_fpm:fpm-ping:status".
Adapted adapt(const config::Module& base, const phpfpm::Pool& pool);

}  // namespace discovery
