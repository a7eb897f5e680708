#include "config/flags.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>
#include <utility>

#include "config/compat.h"
#include "config/discovery_fields.h"
#include "config/rules.h"
#include "config/schema.h"
#include "config/types.h"

namespace config {
namespace {

std::string origin_of(const std::string& flag, const std::string& value) {
  return flag + "=" + value;
}

std::vector<std::string> split_all_at_commas(const std::vector<std::string>& texts) {
  std::vector<std::string> parts;
  for (std::string_view rest : texts) {
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      if (end > 0) parts.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return parts;
}

void apply_web(const Flags& flags, Web& web, Problems& problems) {
  if (!flags.listen_addresses.empty()) {
    const Place place(problems, "--web.listen-address");
    read_web_key("listen_address", flags.listen_addresses, place, web);
  }
  if (flags.telemetry_path) {
    const Place place(problems, origin_of("--web.telemetry-path", *flags.telemetry_path));
    read_web_key("telemetry_path", *flags.telemetry_path, place, web);
  }
  if (flags.max_requests) {
    const std::string value = std::to_string(*flags.max_requests);
    const Place place(problems, origin_of("--web.max-requests", value));
    read_web_key("max_requests", *flags.max_requests, place, web);
  }
  if (flags.route_prefix) {
    const Place place(problems, origin_of("--web.route-prefix", *flags.route_prefix));
    read_web_key("route_prefix", *flags.route_prefix, place, web);
  }
  if (!flags.open_paths.empty()) {
    const Place place(problems, "--web.unauthenticated-paths");
    read_web_key("unauthenticated_paths", split_all_at_commas(flags.open_paths), place, web);
  }
}

void apply_timeout_offset(const Flags& flags, Config& config, Problems& problems) {
  if (!flags.timeout_offset) return;
  constexpr double kMost = 60;
  const double offset = *flags.timeout_offset;
  if (offset >= 0 && offset <= kMost) {
    config.timeout_offset =
        std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(offset));
    return;
  }
  std::ostringstream shown;
  shown << offset;
  problems.add(0, origin_of("--timeout-offset", shown.str()),
               "must be a number of seconds from 0 to 60, such as 0.5");
}

void apply_log(const Flags& flags, Config& config, Problems& problems) {
  if (flags.log_level) {
    const Place place(problems, origin_of("--log.level", *flags.log_level));
    const auto levels = config.compat == Compat::hipages ? hipages_log_level() : log_level();
    levels.read(*flags.log_level, place, config.log_level);
  }
  if (flags.log_format) {
    const Place place(problems, origin_of("--log.format", *flags.log_format));
    log_format().read(*flags.log_format, place, config.log_format);
  }
}

struct FlagTarget {
  std::string flag;  // as it was written
  std::string name;  // empty: after the address
  base::Address address;
};

std::vector<FlagTarget> parse_targets(const Flags& flags, Problems& problems) {
  std::vector<FlagTarget> targets;
  for (const std::string& text : flags.targets) {
    const std::string flag = origin_of("--fastcgi.target", text);
    const auto [name, rest] = split_name(text);
    const bool has_name = rest.size() != text.size();
    const std::string reason = has_name ? name_problem(name) : "";
    if (!reason.empty()) problems.add(0, flag, reason);
    auto address = base::parse_address(rest);
    if (!address) problems.add(0, flag, address.error());
    if (address) targets.push_back({flag, std::string(name), std::move(address).value()});
  }
  return targets;
}

void name_after_addresses(std::vector<FlagTarget>& targets) {
  std::map<std::string, int> uses;
  for (const FlagTarget& target : targets) {
    ++uses[target.name.empty() ? short_name(target.address) : target.name];
  }
  for (FlagTarget& target : targets) {
    if (!target.name.empty()) continue;
    const std::string name = short_name(target.address);
    target.name = uses[name] == 1 ? name : long_name(target.address);
  }
}

void add_target(const FlagTarget& from, Config& config, Problems& problems,
                std::vector<std::string>& warnings) {
  Target target;
  target.name = from.name;
  target.address = from.address;
  target.module = kFlagModule;
  target.source = "flag";
  const auto same = std::ranges::find(config.targets, target.name, &Target::name);
  if (same == config.targets.end()) {
    config.targets.push_back(std::move(target));
  } else if (same->source == "flag") {
    problems.add(0, from.flag,
                 "another flag has the name " + from.name +
                     "; write --fastcgi.target=NAME=ADDRESS with a name of its own");
  } else {
    warnings.push_back(from.flag + " replaces the target " + from.name + " of the file");
    *same = std::move(target);
  }
}

void apply_shard(const Flags& flags, Shard& shard, Problems& problems) {
  if (!flags.shard_index && !flags.shard_count) return;
  if (!flags.shard_index) {
    return problems.add(0, origin_of("--shard.count", std::to_string(*flags.shard_count)),
                        "needs --shard.index beside it: which of the shards this one is, from 0");
  }
  const std::string flag = origin_of("--shard.index", *flags.shard_index);
  if (!flags.shard_count) {
    return problems.add(0, flag, "needs --shard.count beside it: how many share the targets");
  }
  const auto count =
      read_whole(*flags.shard_count,
                 Place(problems, origin_of("--shard.count", std::to_string(*flags.shard_count))), 1,
                 kMostShards);
  const auto index = parse_shard_index(*flags.shard_index);
  if (!index) return problems.add(0, flag, index.error());
  if (!count) return;
  if (*index >= *count) {
    return problems.add(0, flag,
                        "there are " + std::to_string(*count) + " shards, 0 to " +
                            std::to_string(*count - 1) +
                            "; write one of them, or a greater "
                            "--shard.count for every shard");
  }
  shard = {.index = *index, .count = static_cast<std::uint32_t>(*count)};
}

void apply_discovery(const Flags& flags, Config& config, Problems& problems) {
  if (flags.discover_php_fpm.empty()) return;
  PhpFpmPools pools;
  for (const std::string& glob : flags.discover_php_fpm) {
    const std::string reason = pool_files_problem(glob);
    if (!reason.empty()) problems.add(0, origin_of("--discover.php-fpm", glob), reason);
    pools.files.push_back(glob);
  }
  config.discovery.php_fpm_pools.push_back(std::move(pools));
}

}  // namespace

bool names_targets(const Flags& flags) {
  return flags.config_file || !flags.targets.empty() || !flags.discover_php_fpm.empty();
}

void apply_flags(const Flags& flags, Config& config, Problems& problems,
                 std::vector<std::string>& warnings) {
  apply_web(flags, config.web, problems);
  apply_timeout_offset(flags, config, problems);
  apply_log(flags, config, problems);
  std::vector<FlagTarget> targets = parse_targets(flags, problems);
  name_after_addresses(targets);
  for (const FlagTarget& target : targets) add_target(target, config, problems, warnings);
  apply_discovery(flags, config, problems);
  apply_shard(flags, config.shard, problems);
}

}  // namespace config
