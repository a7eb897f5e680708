// The exporter's own metrics, fastcgi_exporter_*. Pure; any thread.
#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <vector>

#include "metrics/page.h"
#include "state/vitals.h"

namespace metrics {

std::vector<prometheus::MetricFamily> exporter_families(std::size_t targets,
                                                        const state::Vitals& vitals,
                                                        const ExporterReadings& readings);

}  // namespace metrics
