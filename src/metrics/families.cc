#include "metrics/families.h"

#include <utility>

namespace metrics {
namespace {

prometheus::MetricFamily family(std::string name, std::string help, prometheus::MetricType type) {
  return {std::move(name), std::move(help), type, std::vector<prometheus::ClientMetric>(1)};
}

}  // namespace

prometheus::MetricFamily gauge(std::string name, std::string help, double value) {
  auto made = family(std::move(name), std::move(help), prometheus::MetricType::Gauge);
  made.metric.front().gauge.value = value;
  return made;
}

prometheus::MetricFamily counter(std::string name, std::string help, double value) {
  auto made = family(std::move(name), std::move(help), prometheus::MetricType::Counter);
  made.metric.front().counter.value = value;
  return made;
}

}  // namespace metrics
