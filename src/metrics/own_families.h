// Which names on a page are ours. Pure; values made once, any thread.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <unordered_set>
#include <vector>

namespace metrics {

// One series at least of every family that is not a target's.
std::vector<prometheus::MetricFamily> exporter_and_process_families();

// All names that our families take up (exposition::taken_names), whether this page has them or not:
// what a script may print must not depend on --compat or metrics.detail.
const std::unordered_set<std::string>& own_names();

}  // namespace metrics
