// The exporter's own metrics, fastcgi_exporter_*. Pure; any thread.
#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "metrics/page.h"
#include "state/vitals.h"

namespace metrics {

// What the walk over the targets of a page has found.
struct FleetNumbers {
  std::size_t targets = 0;
  std::uint64_t script_series_refused = 0;
};

std::vector<prometheus::MetricFamily> exporter_families(FleetNumbers fleet,
                                                        const state::Vitals& vitals,
                                                        const ExporterReadings& readings);

}  // namespace metrics
