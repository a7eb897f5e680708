#include "state/vitals.h"

#include <algorithm>

namespace state {

void ScheduleDelays::observe(base::Duration delay) {
  delay = std::max(delay, base::Duration::zero());
  const auto bound =
      std::lower_bound(kBoundsSeconds.begin(), kBoundsSeconds.end(), base::seconds(delay));
  const auto bucket = static_cast<std::size_t>(bound - kBoundsSeconds.begin());
  counts_[bucket].fetch_add(1, std::memory_order_relaxed);
  sum_ns_.fetch_add(delay.count(), std::memory_order_relaxed);
}

double ScheduleDelays::sum_seconds() const {
  return base::seconds(base::Duration(sum_ns_.load(std::memory_order_relaxed)));
}

Vitals::Vitals(std::size_t workers) {
  workers_.reserve(workers);
  for (std::size_t i = 0; i < workers; ++i) workers_.push_back(std::make_unique<WorkerVitals>());
}

std::size_t Vitals::stuck_workers(base::TimePoint now, base::TimePoint started) const {
  const auto is_stuck = [&](const std::unique_ptr<WorkerVitals>& worker) {
    const base::TimePoint turned{base::Duration(worker->last_turn.load(std::memory_order_relaxed))};
    return now - std::max(turned, started) >= kLoopStuckAfter;
  };
  return static_cast<std::size_t>(std::count_if(workers_.begin(), workers_.end(), is_stuck));
}

std::int64_t Vitals::probes_in_flight() const {
  std::int64_t sum = 0;
  for (const auto& worker : workers_) {
    sum += worker->probes_in_flight.load(std::memory_order_relaxed);
  }
  return sum;
}

}  // namespace state
