#include "config/schema.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "config/discovery_fields.h"
#include "config/module_fields.h"
#include "config/overrides.h"
#include "config/probe_allow.h"
#include "config/rules.h"
#include "config/target_fields.h"
#include "config/types.h"

namespace config {
namespace {

constexpr int kMaxWorkers = 64;
constexpr int kMaxScrapes = 10'000;

const std::vector<Field<Web>>& web_rows() {
  static const std::vector<Field<Web>> rows{
      with_default(field<Web>("listen_address", &Web::listen_address, listen_addresses(),
                              "where we serve; [::]:9253 and :9253 are every address"),
                   "\":9253\""),
      field<Web>("failure_status", &Web::failure_status, whole<int>(400, 599),
                 "what /fcgi-ping answers for a target that is not up"),
      field<Web>("telemetry_path", &Web::telemetry_path,
                 text("a path such as /metrics", telemetry_path_problem), "where the metrics are"),
      field<Web>("max_requests", &Web::max_requests, whole<std::size_t>(0, kMaxScrapes),
                 "scrapes at once; more are answered 503; 0: no limit"),
      field<Web>("route_prefix", &Web::route_prefix,
                 text("a path such as /exporter", route_prefix_problem),
                 "every page is below it, for a proxy that passes such a path on"),
      field<Web>("unauthenticated_paths", &Web::unauthenticated_paths,
                 list_of(text("a path such as /healthz", page_path_problem), "a list of paths"),
                 "pages that need no login and count for no rate limit, such as /healthz; "
                 "/fcgi-live stands for /fcgi-live/NAME, too"),
  };
  return rows;
}

Type<std::vector<double>> buckets() {
  return checked<std::vector<double>>(list_of(number(), "a list of numbers"), buckets_problem);
}

Field<Config> buckets_row() {
  auto row =
      with_default(field<Config>("buckets", &Config::buckets_seconds, buckets(),
                                 "upper bounds of fastcgi_probe_duration_seconds, in seconds"),
                   "0.0005 to 10, 30");
  row.write = [write = row.write](const Config& config, Written& out) {
    if (!config.buckets_seconds.empty()) write(config, out);
  };
  return row;
}

Field<Config> metrics_row() {
  const Choices<Detail> details{{"full", Detail::full}, {"compact", Detail::compact}};
  return group<Config>(
      "metrics",
      {
          field<Config>("detail", &Config::detail, choice(details),
                        "compact: no phases, no histogram, failures not split by reason"),
          buckets_row(),
      },
      "what the metrics page shows of each target; what changes here waits for a restart");
}

Type<std::vector<std::string>> probe_allow() {
  return checked<std::vector<std::string>>(
      list_of(text("an address or a pattern of addresses", probe_allow_problem),
              "a list of addresses and patterns"),
      [](const std::vector<std::string>& entries) {
        return entries.size() <= kMaxProbeAllowEntries
                   ? std::string()
                   : "has more than " + std::to_string(kMaxProbeAllowEntries) + " entries";
      });
}

const std::vector<Field<Config>>& config_rows() {
  static const std::vector<Field<Config>> rows{
      field<Config>("web", &Config::web, object<Web>(web_rows()),
                    "the HTTP server; what changes here waits for a restart"),
      field<Config>(
          "workers", &Config::workers, whole<std::size_t>(1, kMaxWorkers),
          "threads that probe, each with a fixed share of the targets; a change waits for "
          "a restart"),
      metrics_row(),
      field<Config>("modules", &Config::modules, modules_by_name(),
                    "what is asked and how it is judged, by name; ping and php_fpm are built in"),
      field<Config>("targets", &Config::targets, targets(), "the responders that are watched"),
      discovery_row(),
      field<Config>("probe_allow", &Config::probe_allow, probe_allow(),
                    "what /probe may ask besides the configured targets: socket paths, networks "
                    "and host names, as in unix:/run/php/*.sock, 10.0.0.0/8:9000, "
                    "php.default.svc:9000"),
  };
  return rows;
}

}  // namespace

void read_config(const Json& root, const Place& place, Config& config) {
  read_fields(config_rows(), root, place, config);
  read_overrides(root, place, config);
  check_targets(place.key("targets"), config);
  check_discovery(place.key("discovery"), config);
}

void read_web_key(std::string_view key, const Json& value, const Place& place, Web& web) {
  std::ranges::find(web_rows(), key, &Field<Web>::key)->read(value, place, web);
}

Written write_config(const Config& config) {
  Written out;
  write_fields(config_rows(), config, out);
  write_overrides(config, out);
  return out;
}

std::vector<ReferenceTable> describe_config() {
  std::vector<ReferenceTable> tables;
  describe_fields(config_rows(), "", tables);
  return tables;
}

Type<base::log::Level> log_level() {
  using base::log::Level;
  return choice<Level>({{"debug", Level::debug},
                        {"info", Level::info},
                        {"warn", Level::warn},
                        {"error", Level::error}});
}

Type<base::log::Format> log_format() {
  using base::log::Format;
  return choice<Format>({{"logfmt", Format::logfmt}, {"json", Format::json}});
}

}  // namespace config
