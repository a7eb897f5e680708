// Small helpers to make prometheus-cpp's values, for metrics that are not a target's. Pure.
#pragma once

#include <prometheus/metric_family.h>

#include <string>

namespace metrics {

// A family with one series without labels.
prometheus::MetricFamily gauge(std::string name, std::string help, double value);
prometheus::MetricFamily counter(std::string name, std::string help, double value);

}  // namespace metrics
