// What /probe answers: the families probe_* of one probe, and what its checks brought of the pool
// and of scripts. Pure; any thread.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "exposition/writer.h"
#include "metrics/page.h"
#include "probe/one_shot.h"

namespace metrics {

struct ProbePageInput {
  const probe::OneShotReport& report;
  const base::Address& address;               // of the responder
  std::optional<std::uint32_t> max_children;  // of the pool, where the configuration says
  Detail detail = Detail::full;
  base::TimePoint now;
};

// One series at least of every family probe_*, but of those that only an answer brings.
std::vector<prometheus::MetricFamily> probe_families(const probe::OneShotReport& report);

// Without labels of the target: who asks knows whom it asked, and says so with labels of its own.
void write_probe_page(const ProbePageInput& input, exposition::Format format,
                      exposition::Sink& sink);

}  // namespace metrics
