// The targets that `discovery.php_fpm_pools` stands for, put beside those of the configuration.
// Blocks on the disk; once, at the start. Any thread. Nothing fails: zero targets are a warning.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace discovery {

struct Discovered {
  std::size_t targets = 0;            // added
  std::vector<std::string> warnings;  // what was left out, and why; cleaned, for people
  std::vector<std::string> hints;     // what a pool's file could say for a better watch
};

// Adds targets (source "php_fpm_pools") and the modules that they need. A target of the
// configuration goes before a pool of its name or its socket, and a pool before those that follow.
// Sockets are the same when their real paths are.
Discovered add_php_fpm_pools(config::Config& config);

}  // namespace discovery
