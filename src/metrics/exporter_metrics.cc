#include "metrics/exporter_metrics.h"

#include <limits>
#include <string>

#include "base/time.h"
#include "metrics/families.h"

namespace metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

MetricFamily build_info(const ExporterReadings& readings) {
  MetricFamily family = gauge("fastcgi_exporter_build_info", "What is running; always 1.", 1);
  family.metric.front().label = {{"version", readings.version}, {"revision", readings.revision}};
  return family;
}

MetricFamily shard_info(const ExporterReadings& readings) {
  MetricFamily family =
      gauge("fastcgi_exporter_shard_info",
            "Which of how many exporters that share the targets this one is; always 1.", 1);
  family.metric.front().label = {{"index", std::to_string(readings.shard_index)},
                                 {"count", std::to_string(readings.shard_count)}};
  return family;
}

ClientMetric::Histogram histogram_of(const state::ScheduleDelays& delays) {
  const auto& bounds = state::ScheduleDelays::kBoundsSeconds;
  ClientMetric::Histogram histogram;
  // Workers go on adding: the counts are read once each, and the total is their sum, so that +Inf
  // equals _count.
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i <= bounds.size(); ++i) {
    cumulative += delays.count(i);
    const bool is_last = i == bounds.size();
    histogram.bucket.push_back(
        {cumulative, is_last ? std::numeric_limits<double>::infinity() : bounds[i]});
  }
  histogram.sample_count = cumulative;
  histogram.sample_sum = delays.sum_seconds();
  return histogram;
}

MetricFamily schedule_delay(const state::ScheduleDelays& delays) {
  MetricFamily family{"fastcgi_exporter_schedule_delay_seconds",
                      "Time from the planned to the real start of a probe.",
                      prometheus::MetricType::Histogram, std::vector<ClientMetric>(1)};
  family.metric.front().histogram = histogram_of(delays);
  return family;
}

MetricFamily http_requests(const std::map<int, std::uint64_t>& by_code) {
  MetricFamily family{"fastcgi_exporter_http_requests_total",
                      "HTTP requests answered, by status code.",
                      prometheus::MetricType::Counter,
                      {}};
  for (const auto& [code, count] : by_code) {
    ClientMetric metric;
    metric.label = {{"code", std::to_string(code)}};
    metric.counter.value = static_cast<double>(count);
    family.metric.push_back(std::move(metric));
  }
  return family;
}

MetricFamily discovery_problems(const std::map<std::string, std::size_t>& by_source) {
  MetricFamily family{"fastcgi_exporter_discovery_problems",
                      "What discovery warns of now, by source: files that cannot be read or are "
                      "bad, sockets that nobody listens on, names that lead nowhere.",
                      prometheus::MetricType::Gauge,
                      {}};
  for (const auto& [source, count] : by_source) {
    ClientMetric metric;
    metric.label = {{"source", source}};
    metric.gauge.value = static_cast<double>(count);
    family.metric.push_back(std::move(metric));
  }
  return family;
}

void append_web_config(const WebConfigReadings& readings, std::vector<MetricFamily>& families) {
  families.push_back(
      gauge("fastcgi_exporter_web_config_last_reload_successful",
            "Whether the last reading of --web.config.file and its certificates succeeded (1) or "
            "the one before is still in use (0). Absent without that flag.",
            readings.last_reload_successful ? 1 : 0));
  families.push_back(counter("fastcgi_exporter_tls_handshake_failures_total",
                             "TLS handshakes that failed. Absent without --web.config.file.",
                             static_cast<double>(readings.failed_handshakes)));
}

}  // namespace

std::vector<MetricFamily> exporter_families(FleetNumbers fleet, const state::Vitals& vitals,
                                            const ExporterReadings& readings) {
  std::vector<MetricFamily> families{
      build_info(readings),
      gauge("fastcgi_exporter_targets", "Targets being probed, which are those of our shard.",
            static_cast<double>(fleet.targets)),
      shard_info(readings),
      gauge("fastcgi_exporter_script_series_refused",
            "Series of scripts that are left out of this page: more than a script may have, with a "
            "label or a name of ours, of another type than the same name from a target before, or "
            "twice.",
            static_cast<double>(fleet.script_series_refused)),
      gauge("fastcgi_exporter_config_last_reload_successful",
            "Whether the last reading of the configuration succeeded (1) or the one before is "
            "still in use (0).",
            readings.config_last_reload_successful ? 1 : 0),
      gauge("fastcgi_exporter_config_last_reload_success_timestamp_seconds",
            "Unix time of the last reading of the configuration that succeeded.",
            base::unix_seconds(readings.config_last_reload_success)),
      gauge("fastcgi_exporter_probes_in_flight",
            "Exchanges under way, judged but unanswered ones included.",
            static_cast<double>(vitals.probes_in_flight())),
      schedule_delay(vitals.schedule_delays),
      gauge("fastcgi_exporter_http_connections", "Open HTTP connections.",
            static_cast<double>(readings.http_connections)),
      counter("fastcgi_exporter_http_connections_evicted_total",
              "HTTP connections closed to make room for others.",
              static_cast<double>(readings.http_connections_evicted)),
      http_requests(readings.http_requests_by_code),
      counter("fastcgi_exporter_discovery_conflicts_total",
              "Discovered targets left out because their name or socket was taken.",
              static_cast<double>(readings.discovery_conflicts)),
  };
  if (!readings.discovery_problems.empty()) {
    families.push_back(discovery_problems(readings.discovery_problems));
  }
  if (readings.web_config) append_web_config(*readings.web_config, families);
  return families;
}

}  // namespace metrics
