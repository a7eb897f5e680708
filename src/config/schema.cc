#include "config/schema.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "config/module_fields.h"
#include "config/rules.h"
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
      "what the metrics page shows of each target");
}

Type<Target> target() {
  return object<Target>(
      {
          required(field<Target>("name", &Target::name, text("a name", name_problem),
                                 "the label target, and NAME in /fcgi-ping/NAME; unique")),
          required(field<Target>("address", &Target::address, responder_address(),
                                 "where the responder listens")),
          field<Target>("module", &Target::module, text("a module's name"), "what is asked of it"),
          field<Target>("labels", &Target::labels,
                        text_pairs("a mapping of label names to texts", kMaxLabels, label_problem),
                        "labels of every series of the target"),
      },
      [](const Json&, const Place& place, Target& target) {
        const std::string reason = label_text_problem(target);
        if (!reason.empty()) place.key("labels").problem(reason);
      });
}

const std::vector<Field<Config>>& config_rows() {
  static const std::vector<Field<Config>> rows{
      field<Config>("web", &Config::web, object<Web>(web_rows()), "the HTTP server"),
      field<Config>("workers", &Config::workers, whole<std::size_t>(1, kMaxWorkers),
                    "threads that probe, each with a fixed share of the targets"),
      metrics_row(),
      field<Config>("modules", &Config::modules, modules_by_name(),
                    "what is asked and how it is judged, by name; ping is built in"),
      field<Config>("targets", &Config::targets, list_of(target(), "a list of targets"),
                    "the responders that are watched"),
  };
  return rows;
}

void check_module(const Place& place, const Config& config, const Target& target) {
  if (config.modules.contains(target.module)) return;
  std::vector<std::string> known;
  for (const auto& [name, module] : config.modules) known.push_back(name);
  place.key("module").problem("there is no module " + in_quotes(target.module) +
                              suggestion(target.module, known));
}

void check_targets(const Place& targets, const Config& config) {
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < config.targets.size(); ++i) {
    const Target& target = config.targets[i];
    const Place place = targets.index(i);
    check_module(place, config, target);
    const auto [first, is_new] = seen.emplace(target.name, i);
    if (is_new || target.name.empty()) continue;
    place.key("name").problem(in_quotes(target.name) + " is the name of /targets/" +
                              std::to_string(first->second) + " already; give each its own");
  }
}

}  // namespace

void read_config(const Json& root, const Place& place, Config& config) {
  read_fields(config_rows(), root, place, config);
  check_targets(place.key("targets"), config);
}

void read_web_key(std::string_view key, const Json& value, const Place& place, Web& web) {
  std::ranges::find(web_rows(), key, &Field<Web>::key)->read(value, place, web);
}

Written write_config(const Config& config) {
  Written out;
  write_fields(config_rows(), config, out);
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
