// The whole configuration as a value: defaults, then file, environment, flags. Immutable once
// built.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/boxed.h"
#include "base/log.h"
#include "base/time.h"
#include "config/shard.h"
#include "probe/check.h"
#include "probe/health.h"
#include "probe/ready.h"

namespace config {

struct Web {
  std::vector<base::Address> listen_address;  // never empty once built
  int failure_status = 404;
  std::string telemetry_path = "/metrics";
  std::size_t max_requests = 40;                   // concurrent scrapes; 0: no limit
  std::string route_prefix = "/";                  // every page is below it
  std::vector<std::string> unauthenticated_paths;  // without the prefix

  bool operator==(const Web&) const = default;
};

struct Module {
  std::string name;
  base::Duration interval = std::chrono::seconds(5);
  base::Duration timeout = std::chrono::seconds(2);
  base::Duration abandon_after = std::chrono::seconds(30);
  probe::HealthRules health;  // stale_after, start_grace and wedged_after are keys of the module
  std::vector<probe::CheckSettings> checks;  // never empty once built; in the order they are asked
  std::vector<std::string> require;          // names of the checks that decide health
  probe::ReadyRules ready;
  fastcgi::Params params;  // laid under the params of each check already

  bool operator==(const Module&) const = default;
};

// The module of a target of the file that names none: one small request a beat.
inline constexpr const char* kDefaultModule = "ping";
// That of a target that only a flag names: alone it gives a full result.
inline constexpr const char* kFlagModule = "php_fpm";

struct Target {
  std::string name;
  base::Address address;
  std::string module = kDefaultModule;
  std::optional<base::Address> status_address;  // PHP-FPM's pm.status_listen
  std::optional<std::uint32_t> max_children;    // PHP-FPM's pm.max_children
  base::Boxed<Module> own_module;               // `override` laid over the module of that name
  std::string pool;                             // the label pool; empty: as its status page says
  std::vector<std::pair<std::string, std::string>> labels;
  std::string source = "config";  // or "flag", "environment", "demo", or a key of `discovery`
  std::string scrape_uri;         // as it was given; empty but with Compat::hipages

  bool operator==(const Target&) const = default;
};

// The pools that PHP-FPM's own files set up become targets.
struct PhpFpmPools {
  std::vector<std::string> files;  // glob patterns
  std::string module = kFlagModule;
  std::vector<std::pair<std::string, std::string>> labels;
};

// The targets that files name, which other programs write: the shape of Prometheus' file_sd.
struct TargetFiles {
  std::vector<std::string> files;                           // glob patterns
  std::string module = kFlagModule;                         // of the groups that name none
  std::vector<std::pair<std::string, std::string>> labels;  // those of a group go before them
};

// Sockets that somebody listens on.
struct UnixSockets {
  std::string glob;
  std::string module = kFlagModule;
  std::vector<std::pair<std::string, std::string>> labels;
  base::Duration grace = std::chrono::minutes(5);  // a socket that is gone stays a target so long
};

// Every address of a name.
struct DnsName {
  std::string name;  // in front of @IP:port
  base::Address address;
  std::string module = kFlagModule;
  std::vector<std::pair<std::string, std::string>> labels;
  base::Duration interval = std::chrono::seconds(30);
  base::Duration grace = std::chrono::minutes(5);  // while the name leads nowhere
};

// Of two targets with one name or socket the first in this order stays.
struct Discovery {
  std::vector<TargetFiles> target_files;
  std::vector<PhpFpmPools> php_fpm_pools;
  std::vector<UnixSockets> unix_sockets;
  std::vector<DnsName> dns;

  bool empty() const {
    return target_files.empty() && php_fpm_pools.empty() && unix_sockets.empty() && dns.empty();
  }
};

enum class Detail : std::uint8_t { full, compact };
enum class Compat : std::uint8_t { none, hipages };

struct Config {
  Web web;
  std::map<std::string, Module> modules;  // the built-in ones included
  std::vector<Target> targets;            // of every shard
  Shard shard;                            // ours of them
  Discovery discovery;
  std::vector<std::string> probe_allow;  // entries of config::ProbeAllow
  Detail detail = Detail::full;
  std::vector<double> buckets_seconds;  // empty: the default
  std::size_t workers = 1;
  Compat compat = Compat::none;
  bool fix_process_count = false;  // of Compat::hipages: count the list of processes
  base::Duration timeout_offset = std::chrono::milliseconds(500);  // of /probe; no key says it
  base::log::Level log_level = base::log::Level::info;
  base::log::Format log_format = base::log::Format::logfmt;

  bool watches_nothing() const { return targets.empty() && discovery.empty(); }
};

// A check of this kind and name that leaves every key at its default. A script has no path then.
probe::CheckSettings default_check(std::string_view kind);

// The built-in modules, with the defaults of every module: the original's check, and that check
// with PHP-FPM's status page beside it, which decides nothing.
Module ping_module();
Module php_fpm_module();

// What is asked of the target: its own module, else the one it names, which must be there.
const Module& module_of(const Config& config, const Target& target);

// The one check whose page brings the pool's figures; null when there is none.
const probe::CheckSettings* find_status_check(const Module& module);

// What an empty file means; web.listen_address is still to be filled in.
Config default_config();

}  // namespace config
