// What /metrics says about PHP-FPM pools: the rows phpfpm_*, part of target_rows(). Pure.
#pragma once

#include <span>

#include "metrics/target_metrics.h"

namespace metrics {

// Labels: target, its static ones, and pool. Gauges are there while the status page is fresh,
// counters as long as there ever was one; what a page does not say has no series.
std::span<const Row> pool_rows();

}  // namespace metrics
