// What a reload cannot change, because it is built into what runs: the HTTP server, the number of
// workers, and the shape of the metrics page. Pure.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace app {

// Makes those keys of `next` what they are in `in_force`; returns the ones that would have been
// others, as the file names them ("web.listen_address").
std::vector<std::string> keep_until_restart(const config::Config& in_force, config::Config& next);

}  // namespace app
