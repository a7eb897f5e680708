// What the command line says about the configuration, as plain values. The app reads them from the
// arguments; here they are checked by the same rows as the file, and laid over it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/problems.h"

namespace config {

struct Flags {
  std::optional<std::string> config_file;     // --config.file
  std::vector<std::string> targets;           // --fastcgi.target, each [NAME=]ADDRESS
  std::vector<std::string> discover_php_fpm;  // --discover.php-fpm, each a glob of pool files
  std::vector<std::string> listen_addresses;  // --web.listen-address; any: instead of the file's
  std::optional<std::string> telemetry_path;  // --web.telemetry-path
  std::optional<std::int64_t> max_requests;   // --web.max-requests
  std::optional<std::string> route_prefix;    // --web.route-prefix
  std::vector<std::string> open_paths;        // --web.unauthenticated-paths, with commas between
  std::optional<double> timeout_offset;       // --timeout-offset, seconds
  std::optional<std::string> compat;          // --compat
  std::vector<std::string> scrape_uris;       // --phpfpm.scrape-uri, each with commas between
  std::optional<bool> fix_process_count;      // --phpfpm.fix-process-count
  std::optional<std::string> shard_index;     // --shard.index, a number or a pod's name
  std::optional<std::int64_t> shard_count;    // --shard.count
  std::optional<std::string> log_level;       // --log.level
  std::optional<std::string> log_format;      // --log.format
};

// Where Debian and Ubuntu keep the files of PHP-FPM's pools, of every version.
inline constexpr const char* kDefaultPoolFiles = "/etc/php/*/fpm/pool.d/*.conf";

// The flags say what to watch, so that no environment variable does.
bool names_targets(const Flags& flags);

// A target without NAME is named after its address: HOST:PORT, or the base name of its socket; when
// two sockets share that, both get their whole path with "-" for "/", so that the names do not hang
// on the order of the flags. A target of the file with the same name is replaced, with a warning.
void apply_flags(const Flags& flags, Config& config, Problems& problems,
                 std::vector<std::string>& warnings);

}  // namespace config
