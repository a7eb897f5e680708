// The targets that `discovery.php_fpm_pools` stands for. Blocks on the disk; any thread; holds
// nothing between calls. Nothing fails: zero targets are a warning.
#pragma once

#include "config/config.h"
#include "discovery/finding.h"

namespace discovery {

Finding find_php_fpm_pools(const config::Config& config);

}  // namespace discovery
