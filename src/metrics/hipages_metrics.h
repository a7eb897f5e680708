// The 18 metrics of hipages/php-fpm_exporter under their names and labels, for --compat=hipages:
// dashboards, alerts and autoscalers made for it go on working. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "exposition/writer.h"
#include "metrics/page.h"
#include "metrics/target_metrics.h"

namespace metrics {

// A target as these metrics know it. Figures are absent while it is neither up nor saturated, and
// where nobody says.
struct HipagesPool {
  bool reached = false;  // up or saturated: busy is not dead
  bool saturated = false;
  std::uint64_t failures = 0;
  const phpfpm::StatusPage* page = nullptr;  // lives as long as the target's status; may be null
  std::optional<std::uint64_t> listen_queue;
  std::optional<std::uint64_t> listen_queue_limit;
  std::optional<std::uint64_t> idle;
  std::optional<std::uint64_t> active;
  std::optional<std::uint64_t> total;

  std::string pool_text;  // pool="NAME" as learned first, "" before
  std::string uri_text;   // scrape_uri="..."
};

// - up: the figures of the status page while it is fresh; the kernel's accept queue where the page
//   says 0 of 0 for a unix socket.
// - saturated: the last page however old it is, with the kernel's accept queue, and every process
//   active: a queue that waits means that none is idle. So autoscalers see what they must.
HipagesPool hipages_pool(const TargetView& target, Compat compat);

struct HipagesRow {
  std::string_view name;
  std::string_view help;  // also the reference's last column, so without '|'
  exposition::MetricType type;
  std::string_view labels;  // for the reference
  void (*write)(const HipagesPool& pool, exposition::Writer& writer);
};
std::span<const HipagesRow> hipages_rows();

// Of targets with the same scrape_uri only the first is shown: their series would be the same.
// Text 0.0.4 only.
void write_hipages_metrics(std::span<const TargetView> targets, Compat compat,
                           exposition::Writer& writer);

}  // namespace metrics
