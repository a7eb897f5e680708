// Standing in for hipages/php-fpm_exporter: its flags and variables become a configuration. Pure.
// Source: cmd/*.go and phpfpm/phpfpm.go of that program (2025-08).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "config/environment.h"
#include "config/fields.h"
#include "config/flags.h"

namespace config {

inline constexpr std::size_t kMaxScrapeUriBytes = 512;  // it stands in every line of its target

struct ScrapeUri {
  std::string text;  // as it was given, but without query and fragment: it may hold a token
  base::Address address;
  std::string path;  // pm.status_path
};

// "tcp://HOST:PORT/PATH" or "unix:///SOCKET;/PATH". A query or fragment is read over, as there.
// The reason says what to write instead.
base::Result<ScrapeUri> parse_scrape_uri(std::string_view text);

const std::vector<Variable>& hipages_variables();

// Whether a variable says that the other exporter is to be replaced. PHP_FPM_LOG_LEVEL alone does
// not: images of PHP-FPM itself use that name (wodby/php), with other words in it.
bool asks_for_hipages(const Environment& environment);

// Flags go over the environment, that over the other's defaults. Each scrape URI is a target, which
// asks for the list of processes, too; its health is that of its status page. A bad value is a
// problem that names its flag or variable: the other starts and shows it as a pool that is down.
Config hipages_config(const Flags& flags, const Environment& environment, Problems& problems);

// Its levels (those of logrus) as ours.
Type<base::log::Level> hipages_log_level();

}  // namespace config
