#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "exposition/label_text.h"
#include "metrics/page.h"
#include "metrics/page_text.h"
#include "metrics/sample_fleet.h"
#include "metrics/target_metrics.h"

namespace metrics {
namespace {

using testing::HasSubstr;

TEST(MetricsReference, NamesEveryMetricOfThePageOnce) {
  exposition::ChunkSink sink;
  const state::TargetSet targets = sample_fleet();
  const state::Vitals vitals(1);
  ExporterReadings readings;
  readings.http_requests_by_code = {{200, 1}};
  write_page({.targets = targets,
              .vitals = vitals,
              .readings = readings,
              .compat = Compat::hipages,
              .now = kNow},
             exposition::Format::text_0_0_4, sink);
  std::string text;
  for (const std::string& chunk : sink.take_chunks()) text += chunk;

  const std::string reference = metrics_reference();
  for (const auto& [name, family] : parse_page(text)) {
    const std::string cell = "| `" + name + "` | " + family.type + " |";
    const std::size_t first = reference.find(cell);
    ASSERT_NE(first, std::string::npos) << name;
    EXPECT_EQ(reference.find(cell, first + 1), std::string::npos) << name;
  }
}

TEST(MetricsReference, GivesTypeLabelsDetailAndMeaning) {
  const std::string reference = metrics_reference();
  EXPECT_THAT(reference, HasSubstr("\n| `fastcgi_probes_total` | counter | target, check | yes | "
                                   "Probes judged; a retried probe is one. |\n"));
  EXPECT_THAT(
      reference,
      HasSubstr("\n| `fastcgi_probe_failures_total` | counter | target, check, reason | no | "));
  EXPECT_THAT(reference, HasSubstr("\n| `fastcgi_exporter_build_info` | gauge | version, revision "
                                   "| What is running; always 1. |\n"));
  EXPECT_THAT(reference, HasSubstr("\n| `process_cpu_seconds_total` | counter |  | "));
}

TEST(MetricsReference, EveryRowOfATableHasItsColumns) {
  std::istringstream lines(metrics_reference());
  std::ptrdiff_t columns = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto bars = std::count(line.begin(), line.end(), '|');
    if (line.starts_with("| name")) columns = bars;
    if (bars > 0) {
      EXPECT_EQ(bars, columns) << line;
    }
  }
  EXPECT_EQ(columns, 5);
}

// The labels that a row claims are those of its series (the fleet's own static labels aside).
TEST(MetricsReference, TheLabelsOfARowAreThoseOfItsSeries) {
  const state::TargetSet targets = sample_fleet();
  const PageText page =
      parse_page(written(exposition::Format::text_0_0_4, [&](exposition::Writer& writer) {
        write_target_metrics(FleetView(targets, kNow).targets(), Detail::full, writer);
      }));
  for (const Row& row : target_rows()) {
    std::map<std::string, std::string> labels =
        page.at(std::string(row.name)).samples.front().labels;
    labels.erase("le");
    std::set<std::string> claimed;
    std::istringstream names{std::string(row.labels)};
    for (std::string name; std::getline(names >> std::ws, name, ',');) claimed.insert(name);
    std::set<std::string> real;
    for (const auto& [name, value] : labels) real.insert(name);
    real.erase("app");
    real.erase("path");
    EXPECT_EQ(real, claimed) << row.name;
    EXPECT_TRUE(exposition::is_valid_metric_name(row.name));
  }
}

}  // namespace
}  // namespace metrics
