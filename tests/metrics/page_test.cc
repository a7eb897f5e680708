// The whole page: against golden files in both formats, and its memory and consistency.
#include "metrics/page.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "metrics/exporter_metrics.h"
#include "metrics/golden_file.h"
#include "metrics/hipages_metrics.h"
#include "metrics/page_text.h"
#include "metrics/process_metrics.h"
#include "metrics/sample_fleet.h"
#include "metrics/serializer.h"
#include "metrics/target_metrics.h"

namespace metrics {
namespace {

using exposition::Format;

ExporterReadings sample_readings() {
  ExporterReadings readings;
  readings.version = "1.2.3";
  readings.revision = "0123abc";
  readings.config_last_reload_success = kWallNow;
  readings.http_connections = 7;
  readings.http_connections_evicted = 2;
  readings.http_requests_by_code = {{200, 41}, {404, 3}};
  return readings;
}

// What write_page() writes, but with a process whose numbers do not change.
std::string golden_page(Format format, Detail detail) {
  state::Vitals vitals(2);
  vitals.worker(0).probes_in_flight = 3;
  vitals.schedule_delays.observe(std::chrono::microseconds(300));
  vitals.schedule_delays.observe(std::chrono::seconds(9));
  const ProcessNumbers process{
      12.5, 64, 1024, 1e8, 18446744073709551615.0, 25'000'000, 1'759'990'000.25, 6};
  const state::TargetSet targets = sample_fleet();
  const FleetView fleet(targets, kNow);
  return written(format, [&](exposition::Writer& writer) {
    write_target_metrics(fleet.targets(), detail, writer);
    write_families(
        exporter_families({.targets = fleet.targets().size()}, vitals, sample_readings()), writer);
    write_families(process_families(process), writer);
  });
}

PageSize written_size(const state::TargetSet& targets, exposition::Sink& sink) {
  const state::Vitals vitals(1);
  const ExporterReadings readings;
  return write_page({.targets = targets, .vitals = vitals, .readings = readings, .now = kNow},
                    Format::text_0_0_4, sink);
}

std::string page_text(const state::TargetSet& targets) {
  exposition::ChunkSink sink;
  written_size(targets, sink);
  std::string text;
  for (const std::string& chunk : sink.take_chunks()) text += chunk;
  return text;
}

TEST(Page, IsAsTheGoldenFilesSay) {
  expect_golden("full.prom", golden_page(Format::text_0_0_4, Detail::full));
  expect_golden("full.om", golden_page(Format::openmetrics_1_0, Detail::full));
  expect_golden("compact.prom", golden_page(Format::text_0_0_4, Detail::compact));
  expect_golden("compact.om", golden_page(Format::openmetrics_1_0, Detail::compact));
}

TEST(Page, HoldsTheFamiliesOfTheTargetsOfTheExporterAndOfTheProcess) {
  const PageText page = parse_page(page_text(sample_fleet()));
  for (const auto& [name, family] : parse_page(golden_page(Format::text_0_0_4, Detail::full))) {
    // No request has been answered in this test, so the family has no series.
    EXPECT_EQ(page.contains(name), name != "fastcgi_exporter_http_requests_total") << name;
  }
}

std::string whole_text_of(const PageInput& input, Format format) {
  exposition::ChunkSink sink;
  write_page(input, format, sink);
  std::string text;
  for (const std::string& chunk : sink.take_chunks()) text += chunk;
  return text;
}

TEST(Page, BeginsWithTheCompatibleMetricsInTextOnly) {
  const state::TargetSet targets = sample_fleet();
  const state::Vitals vitals(1);
  const ExporterReadings readings;
  PageInput input{.targets = targets, .vitals = vitals, .readings = readings, .now = kNow};
  const std::uint64_t own_series = count_series(input);
  EXPECT_THAT(whole_text_of(input, Format::text_0_0_4), testing::StartsWith("# HELP fastcgi_up "));

  input.compat = Compat::hipages;
  const PageText page = parse_page(whole_text_of(input, Format::text_0_0_4));
  std::uint64_t compatible_series = 0;
  for (const HipagesRow& row : hipages_rows()) {
    compatible_series += page.at(std::string(row.name)).samples.size();
  }
  EXPECT_THAT(whole_text_of(input, Format::text_0_0_4), testing::StartsWith("# HELP phpfpm_up "));
  EXPECT_EQ(count_series(input), own_series + compatible_series);
  EXPECT_THAT(whole_text_of(input, Format::openmetrics_1_0),
              testing::StartsWith("# TYPE fastcgi_up "));
}

TEST(Page, CountsItsSeries) {
  exposition::ChunkSink sink;
  const PageSize size = written_size(sample_fleet(), sink);
  std::size_t samples = 0;
  for (const auto& [name, family] : parse_page(page_text(sample_fleet())))
    samples += family.samples.size();
  EXPECT_EQ(size.series, samples);
  EXPECT_EQ(size.refused_lines, 0u);
}

class LargestChunk : public exposition::Sink {
 public:
  void take(std::string&& chunk) override {
    largest_ = std::max(largest_, chunk.size());
    ++count_;
  }
  std::size_t largest() const { return largest_; }
  std::size_t count() const { return count_; }

 private:
  std::size_t largest_ = 0;
  std::size_t count_ = 0;
};

TEST(Page, ComesInChunksHoweverLargeTheFleet) {
  LargestChunk sink;
  written_size(large_fleet(500), sink);
  EXPECT_LE(sink.largest(), exposition::Writer::kChunkBytes);
  EXPECT_GT(sink.count(), 10u);
}

// A worker keeps passes and the histogram equal; the families stand far apart on the page and must
// still agree.
TEST(Page, ShowsEachTargetAsItWasAtOneMoment) {
  const state::TargetSet targets = large_fleet(20);
  std::atomic<bool> done{false};
  std::thread worker([&] {
    while (!done) {
      for (const auto& record : targets.records()) {
        record->update([&](state::TargetStatus& status) {
          ++status.checks[0].probes;
          ++status.checks[0].passes;
          status.checks[0].durations.observe(std::chrono::milliseconds(3),
                                             *record->identity().bounds);
        });
      }
    }
  });
  for (int i = 0; i < 20; ++i) {
    const PageText page = parse_page(page_text(targets));
    std::map<std::string, double> probes;
    for (const PageSample& sample : page.at("fastcgi_probes_total").samples) {
      probes[sample.labels.at("target")] = sample.value;
    }
    for (const PageSample& sample : page.at("fastcgi_probe_duration_seconds").samples) {
      if (sample.name.ends_with("_count")) {
        EXPECT_EQ(sample.value, probes.at(sample.labels.at("target")));
      }
    }
  }
  done = true;
  worker.join();
}

}  // namespace
}  // namespace metrics
