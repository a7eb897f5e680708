// `fastcgi_exporter discover`: what the discovery of the configuration finds now, as YAML that can
// be used as a configuration file. Blocks on the disk, and on name servers for at most 10 s.
#pragma once

#include <iosfwd>

#include "config/config.h"

namespace app {

// Hints are comments at the top of `out`; what was left out goes to `err`. Exit code 0 even when
// nothing was found: an empty host is no mistake.
int run_discover(config::Config config, std::ostream& out, std::ostream& err);

}  // namespace app
