// `fastcgi_exporter get`: the status page of each pool, asked once, now, as
// hipages/php-fpm_exporter prints it. Blocks until each has answered or run into its module's
// timeout.
#pragma once

#include <cstdint>
#include <iosfwd>

#include "config/config.h"

namespace app {

enum class GetFormat : std::uint8_t { text, json };

// Every target whose module has a status check; the others are told as failures. Exit code 0 when
// all brought their figures, else 1 (the other exporter always returned 0). Nothing that clients of
// the pool wrote is printed: no URIs, users or scripts.
int run_get(GetFormat format, const config::Config& config, std::ostream& out);

}  // namespace app
