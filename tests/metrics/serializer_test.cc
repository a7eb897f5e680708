#include "metrics/serializer.h"

#include <gmock/gmock.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <limits>

#include "metrics/page_text.h"

namespace metrics {
namespace {

using exposition::Format;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string ours(const std::vector<MetricFamily>& families) {
  return Serializer(Format::text_0_0_4).Serialize(families);
}

void expect_same_as_stock(const std::vector<MetricFamily>& families) {
  const std::string stock = prometheus::TextSerializer().Serialize(families);
  EXPECT_EQ(sorted(parse_page(ours(families))), sorted(parse_page(stock))) << stock;
}

MetricFamily family_with_labels(std::vector<ClientMetric::Label> labels) {
  MetricFamily family{"thing", "A thing.", prometheus::MetricType::Gauge,
                      std::vector<ClientMetric>(1)};
  family.metric[0].label = std::move(labels);
  family.metric[0].gauge.value = 1;
  return family;
}

TEST(Serializer, SaysTheSameAsTheStockOneOfARegistry) {
  prometheus::Registry registry;
  auto& jobs = prometheus::BuildCounter().Name("jobs_total").Help("Jobs.").Register(registry);
  jobs.Add({{"kind", "a"}}).Increment(3);
  jobs.Add({{"kind", "b"}, {"say", "\"hi\""}}).Increment(0.5);
  prometheus::BuildGauge().Name("heat").Help("Heat.").Register(registry).Add({}).Set(-273.15);
  auto& times = prometheus::BuildHistogram().Name("time_seconds").Help("Time.").Register(registry);
  auto& time = times.Add({{"kind", "a"}}, prometheus::Histogram::BucketBoundaries{0.001, 1, 2.5});
  for (const double took : {0.0005, 0.5, 1.0, 7.0}) time.Observe(took);
  expect_same_as_stock(registry.Collect());
}

TEST(Serializer, SaysTheSameAsTheStockOneOfEveryType) {
  using Type = prometheus::MetricType;
  std::vector<MetricFamily> families;
  for (const Type type :
       {Type::Counter, Type::Gauge, Type::Summary, Type::Untyped, Type::Histogram}) {
    MetricFamily family{"m" + std::to_string(families.size()), "Help.", type,
                        std::vector<ClientMetric>(2)};
    family.metric[1].label = {{"a", "1"}};
    for (ClientMetric& metric : family.metric) {
      metric.counter.value = metric.gauge.value = metric.untyped.value = 0.25;
      metric.summary = {3, 1.5, {{0.5, 0.25}, {0.99, 1}}};
      metric.histogram = {3, 1.5, {{1, 0.5}, {3, kInfinity}}};
    }
    families.push_back(family);
  }
  expect_same_as_stock(families);
}

TEST(Serializer, SaysTheSameAsTheStockOneOfHostileLabels) {
  for (const char* value : {"", "\"", "\\", "\n", "\\n", "\\\"", "a\\", "}", "{a=\"1\"} 2", ",",
                            "# EOF", "a\nb\n", "\u00fc \U0001F418", "\t\r", "\"} 1\nforged 1\n"}) {
    expect_same_as_stock({family_with_labels({{"a", value}, {"b", value}})});
  }
}

TEST(Serializer, AddsTheInfiniteBucketWhereItIsMissing) {
  MetricFamily family{"t", "T.", prometheus::MetricType::Histogram, std::vector<ClientMetric>(1)};
  family.metric[0].histogram = {3, 1.5, {{1, 0.5}}};
  EXPECT_THAT(ours({family}), HasSubstr("t_bucket{le=\"0.5\"} 1\nt_bucket{le=\"+Inf\"} 3\n"));
}

// The stock one passes these on, and Prometheus then refuses the whole page.
TEST(Serializer, RepairsWhatTheStockOneWouldBreakAPageWith) {
  EXPECT_THAT(ours({family_with_labels({{"a", "x\xff"}})}), HasSubstr("thing{a=\"x\uFFFD\"} 1\n"));
  MetricFamily family = family_with_labels({});
  family.help = "Two\nlines.";
  EXPECT_THAT(ours({family}), HasSubstr("# HELP thing Two\\nlines.\n"));
}

TEST(Serializer, KeepsNumbersExact) {
  MetricFamily family = family_with_labels({});
  family.metric[0].gauge.value = 0.1 + 0.2;
  EXPECT_THAT(ours({family}), HasSubstr("thing 0.30000000000000004\n"));
}

TEST(Serializer, WritesOpenMetricsToo) {
  MetricFamily family{"jobs_total", "Jobs.", prometheus::MetricType::Counter,
                      std::vector<ClientMetric>(1)};
  family.metric[0].counter.value = 2;
  EXPECT_EQ(Serializer(Format::openmetrics_1_0).Serialize({family}),
            "# TYPE jobs counter\n# HELP jobs Jobs.\njobs_total 2\n# EOF\n");
}

}  // namespace
}  // namespace metrics
