#include "metrics/serializer.h"

#include <cmath>
#include <limits>
#include <ostream>
#include <string>

#include "exposition/label_text.h"
#include "exposition/numbers.h"

namespace metrics {
namespace {

using exposition::MetricType;
using prometheus::ClientMetric;

class StreamSink : public exposition::Sink {
 public:
  explicit StreamSink(std::ostream& out) : out_(out) {}
  void take(std::string&& chunk) override { out_ << chunk; }

 private:
  std::ostream& out_;
};

std::string label_text_of(const ClientMetric& metric) {
  std::string text;
  for (const auto& label : metric.label) exposition::append_label(text, label.name, label.value);
  return text;
}

std::string bound_text(std::string_view name, double bound) {
  std::string text;
  exposition::append_label(text, name, exposition::canonical_float(bound));
  return text;
}

void write_histogram(const ClientMetric::Histogram& histogram, std::string_view labels,
                     exposition::Writer& writer) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  double last_bound = 0;
  for (const auto& bucket : histogram.bucket) {
    writer.sample("_bucket", {labels, bound_text("le", bucket.upper_bound)},
                  std::uint64_t{bucket.cumulative_count});
    last_bound = bucket.upper_bound;
  }
  if (last_bound != kInfinity) {
    writer.sample("_bucket", {labels, bound_text("le", kInfinity)},
                  std::uint64_t{histogram.sample_count});
  }
  writer.sample("_sum", {labels}, histogram.sample_sum);
  writer.sample("_count", {labels}, std::uint64_t{histogram.sample_count});
}

void write_summary(const ClientMetric::Summary& summary, std::string_view labels,
                   exposition::Writer& writer) {
  for (const auto& quantile : summary.quantile) {
    writer.sample("", {labels, bound_text("quantile", quantile.quantile)}, quantile.value);
  }
  writer.sample("_sum", {labels}, summary.sample_sum);
  writer.sample("_count", {labels}, std::uint64_t{summary.sample_count});
}

void write_metric(const ClientMetric& metric, MetricType type, exposition::Writer& writer) {
  const std::string labels = label_text_of(metric);
  switch (type) {
    case MetricType::counter:
      writer.sample("", {labels}, metric.counter.value);
      return;
    case MetricType::gauge:
      writer.sample("", {labels}, metric.gauge.value);
      return;
    case MetricType::untyped:
      writer.sample("", {labels}, metric.untyped.value);
      return;
    case MetricType::histogram:
      write_histogram(metric.histogram, labels, writer);
      return;
    case MetricType::summary:
      write_summary(metric.summary, labels, writer);
      return;
  }
}

}  // namespace

MetricType type_of(const prometheus::MetricFamily& family) {
  switch (family.type) {
    case prometheus::MetricType::Counter:
      return MetricType::counter;
    case prometheus::MetricType::Gauge:
      return MetricType::gauge;
    case prometheus::MetricType::Summary:
      return MetricType::summary;
    case prometheus::MetricType::Histogram:
      return MetricType::histogram;
    case prometheus::MetricType::Untyped:
      return MetricType::untyped;
  }
  return MetricType::untyped;
}

void write_families(const std::vector<prometheus::MetricFamily>& families,
                    exposition::Writer& writer) {
  for (const auto& family : families) {
    const MetricType type = type_of(family);
    writer.family(family.name, family.help, type);
    for (const ClientMetric& metric : family.metric) write_metric(metric, type, writer);
  }
}

void Serializer::Serialize(std::ostream& out,
                           const std::vector<prometheus::MetricFamily>& families) const {
  StreamSink sink(out);
  exposition::Writer writer(format_, sink);
  write_families(families, writer);
  writer.finish();
}

}  // namespace metrics
