// The page of many targets, beside prometheus-cpp's own way to the same series: gauges, counters
// and histograms of a Registry, written by its TextSerializer. Usage, beside Google Benchmark's own
// flags:
//   page_bench [--targets=10000] [--page=FILE]    FILE: where our page goes, for other programs
#include <benchmark/benchmark.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/page.h"
#include "metrics/page_text.h"
#include "metrics/sample_fleet.h"

namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

metrics::PageSize write(const state::TargetSet& targets, exposition::Format format,
                        exposition::Sink& sink) {
  static const state::Vitals vitals(1);
  static const metrics::ExporterReadings readings;
  return metrics::write_page(
      {.targets = targets, .vitals = vitals, .readings = readings, .now = metrics::kNow}, format,
      sink);
}

std::string whole_page(const state::TargetSet& targets) {
  exposition::ChunkSink sink;
  write(targets, exposition::Format::text_0_0_4, sink);
  std::string text;
  for (const std::string& chunk : sink.take_chunks()) text += chunk;
  return text;
}

// As the server writes it: kept in chunks until it is sent.
void our_page(benchmark::State& run, const state::TargetSet& targets, exposition::Format format) {
  metrics::PageSize size;
  std::size_t bytes = 0;
  for (auto _ : run) {
    exposition::ChunkSink sink;
    size = write(targets, format, sink);
    bytes = 0;
    for (const std::string& chunk : sink.take_chunks()) bytes += chunk.size();
  }
  run.counters["series"] = static_cast<double>(size.series);
  run.counters["page_bytes"] = static_cast<double>(bytes);
}

std::map<std::string, std::string> labels_of(const prometheus::ClientMetric& metric) {
  std::map<std::string, std::string> labels;
  for (const auto& label : metric.label) labels.emplace(label.name, label.value);
  return labels;
}

// A few observations at the most, each at its bucket's bound.
void fill(prometheus::Histogram& histogram, const prometheus::ClientMetric::Histogram& wanted) {
  std::uint64_t seen = 0;
  for (const auto& bucket : wanted.bucket) {
    for (; seen < bucket.cumulative_count; ++seen) {
      histogram.Observe(std::isinf(bucket.upper_bound) ? 1e9 : bucket.upper_bound);
    }
  }
}

std::vector<double> bounds_of(const prometheus::ClientMetric::Histogram& histogram) {
  std::vector<double> bounds;
  for (const auto& bucket : histogram.bucket) {
    if (!std::isinf(bucket.upper_bound)) bounds.push_back(bucket.upper_bound);
  }
  return bounds;
}

void add_to(prometheus::Registry& registry, const MetricFamily& wanted) {
  switch (wanted.type) {
    case MetricType::Counter: {
      auto& family =
          prometheus::BuildCounter().Name(wanted.name).Help(wanted.help).Register(registry);
      for (const auto& metric : wanted.metric) {
        family.Add(labels_of(metric)).Increment(metric.counter.value);
      }
      break;
    }
    case MetricType::Histogram: {
      auto& family =
          prometheus::BuildHistogram().Name(wanted.name).Help(wanted.help).Register(registry);
      for (const auto& metric : wanted.metric) {
        fill(family.Add(labels_of(metric), bounds_of(metric.histogram)), metric.histogram);
      }
      break;
    }
    case MetricType::Gauge:
    case MetricType::Summary:
    case MetricType::Untyped: {
      auto& family =
          prometheus::BuildGauge().Name(wanted.name).Help(wanted.help).Register(registry);
      for (const auto& metric : wanted.metric) {
        family.Add(labels_of(metric)).Set(metric.gauge.value);
      }
      break;
    }
  }
}

void stock_registry(benchmark::State& run, const prometheus::Registry& registry) {
  std::size_t bytes = 0;
  for (auto _ : run) bytes = prometheus::TextSerializer().Serialize(registry.Collect()).size();
  run.counters["page_bytes"] = static_cast<double>(bytes);
}

// The value of --NAME=VALUE, which is then taken from the arguments: Google Benchmark knows it not.
std::string taken(std::vector<char*>& arguments, std::string_view name) {
  const std::string start = "--" + std::string(name) + "=";
  for (auto at = arguments.begin(); at != arguments.end(); ++at) {
    if (!std::string_view(*at).starts_with(start)) continue;
    const std::string value = *at + start.size();
    arguments.erase(at);
    return value;
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<char*> arguments(argv, argv + argc);
  const std::string count = taken(arguments, "targets");
  const std::string page_path = taken(arguments, "page");
  const state::TargetSet targets =
      metrics::large_fleet(count.empty() ? 10'000 : std::strtoul(count.c_str(), nullptr, 10));
  prometheus::Registry registry;
  {
    const std::string page = whole_page(targets);
    if (!page_path.empty()) std::ofstream(page_path) << page;
    for (const auto& family : metrics::as_families(metrics::parse_page(page))) {
      add_to(registry, family);
    }
  }
  int left = static_cast<int>(arguments.size());
  benchmark::Initialize(&left, arguments.data());
  const auto add = [](const char* name, auto work) {
    benchmark::RegisterBenchmark(name, work)->Unit(benchmark::kMillisecond);
  };
  using exposition::Format;
  add("our_page", [&](benchmark::State& run) { our_page(run, targets, Format::text_0_0_4); });
  add("our_openmetrics_page",
      [&](benchmark::State& run) { our_page(run, targets, Format::openmetrics_1_0); });
  add("stock_registry", [&](benchmark::State& run) { stock_registry(run, registry); });
  benchmark::RunSpecifiedBenchmarks();
}
