#include "metrics/exporter_metrics.h"

#include <gmock/gmock.h>

#include "metrics/page_text.h"
#include "metrics/serializer.h"

namespace metrics {
namespace {

PageText page_of(const state::Vitals& vitals, const ExporterReadings& readings) {
  return parse_page(written(exposition::Format::text_0_0_4, [&](exposition::Writer& writer) {
    write_families(exporter_families({.targets = 5, .script_series_refused = 16}, vitals, readings),
                   writer);
  }));
}

TEST(ExporterMetrics, ShowEachReading) {
  state::Vitals vitals(2);
  vitals.worker(0).probes_in_flight = 2;
  vitals.worker(1).probes_in_flight = 3;
  ExporterReadings readings;
  readings.version = "1.0";
  readings.revision = "abc";
  readings.config_last_reload_successful = false;
  readings.config_last_reload_success = base::WallTime(std::chrono::milliseconds(12'500));
  readings.http_connections = 11;
  readings.http_connections_evicted = 12;
  readings.http_requests_by_code = {{200, 13}, {404, 14}};
  readings.discovery_conflicts = 15;
  readings.discovery_problems = {{"dns", 0}, {"target_files", 16}};
  readings.shard_index = 17;
  readings.shard_count = 18;
  const PageText page = page_of(vitals, readings);

  EXPECT_EQ(page.at("fastcgi_exporter_build_info").samples.front().labels,
            (std::map<std::string, std::string>{{"version", "1.0"}, {"revision", "abc"}}));
  EXPECT_EQ(value(page, "fastcgi_exporter_build_info"), 1);
  EXPECT_EQ(value(page, "fastcgi_exporter_targets"), 5);
  EXPECT_EQ(value(page, "fastcgi_exporter_script_series_refused"), 16);
  EXPECT_EQ(value(page, "fastcgi_exporter_config_last_reload_successful"), 0);
  EXPECT_EQ(value(page, "fastcgi_exporter_config_last_reload_success_timestamp_seconds"), 12.5);
  EXPECT_EQ(value(page, "fastcgi_exporter_probes_in_flight"), 5);
  EXPECT_EQ(value(page, "fastcgi_exporter_http_connections"), 11);
  EXPECT_EQ(value(page, "fastcgi_exporter_http_connections_evicted_total"), 12);
  EXPECT_EQ(value(page, "fastcgi_exporter_discovery_conflicts_total"), 15);
  const auto& problems = page.at("fastcgi_exporter_discovery_problems").samples;
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_EQ(problems[1].labels.at("source"), "target_files");
  EXPECT_EQ(problems[1].value, 16);
  EXPECT_EQ(page.at("fastcgi_exporter_shard_info").samples.front().labels,
            (std::map<std::string, std::string>{{"index", "17"}, {"count", "18"}}));
  const auto& requests = page.at("fastcgi_exporter_http_requests_total").samples;
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].labels.at("code"), "200");
  EXPECT_EQ(requests[0].value, 13);
  EXPECT_EQ(requests[1].labels.at("code"), "404");
  EXPECT_EQ(requests[1].value, 14);
}

TEST(ExporterMetrics, TheScheduleDelayIsACumulativeHistogram) {
  state::Vitals vitals(1);
  vitals.schedule_delays.observe(std::chrono::milliseconds(1));
  vitals.schedule_delays.observe(std::chrono::milliseconds(2));
  vitals.schedule_delays.observe(std::chrono::seconds(7));
  const PageText page = page_of(vitals, {});
  std::map<std::string, double> by_le;
  for (const PageSample& sample : page.at("fastcgi_exporter_schedule_delay_seconds").samples) {
    by_le[sample.labels.contains("le") ? sample.labels.at("le") : sample.name] = sample.value;
  }
  EXPECT_EQ(by_le.at("0.000500"), 0);
  EXPECT_EQ(by_le.at("0.001000"), 1);
  EXPECT_EQ(by_le.at("0.002500"), 2);
  EXPECT_EQ(by_le.at("5.000000"), 2);
  EXPECT_EQ(by_le.at("inf"), 3);
  EXPECT_EQ(by_le.at("fastcgi_exporter_schedule_delay_seconds_count"), 3);
  EXPECT_EQ(by_le.at("fastcgi_exporter_schedule_delay_seconds_sum"), 7.003);
}

}  // namespace
}  // namespace metrics
