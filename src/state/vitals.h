// The exporter's own numbers: atomics that every loop writes and the metrics page reads. Lives as
// long as the program.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/time.h"

namespace state {

// One per worker loop. Written by its thread alone.
struct WorkerVitals {
  std::atomic<base::Duration::rep> last_turn{0};  // steady time of the last turn of the loop
  std::atomic<std::int64_t> probes_in_flight{0};
};

// Histogram of planned to real start; any worker adds.
class ScheduleDelays {
 public:
  static constexpr std::array<double, 12> kBoundsSeconds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                         0.05,   0.1,   0.25,   0.5,   1,    5};
  void observe(base::Duration delay);
  std::uint64_t count(std::size_t bucket) const {
    return counts_[bucket].load(std::memory_order_relaxed);
  }
  double sum_seconds() const;

 private:
  std::array<std::atomic<std::uint64_t>, kBoundsSeconds.size() + 1> counts_{};
  std::atomic<std::int64_t> sum_ns_{0};
};

inline constexpr base::Duration kLoopStuckAfter = std::chrono::seconds(5);

class Vitals {
 public:
  explicit Vitals(std::size_t workers);

  WorkerVitals& worker(std::size_t index) { return *workers_[index]; }
  ScheduleDelays schedule_delays;
  // Loops that have not turned for kLoopStuckAfter; a loop that has not yet started counts from
  // `started`.
  std::size_t stuck_workers(base::TimePoint now, base::TimePoint started) const;
  std::int64_t probes_in_flight() const;

  std::atomic<std::int64_t> targets_without_first_round{
      0};  // of those known at start; 0 makes /-/ready 200 for good

 private:
  std::vector<std::unique_ptr<WorkerVitals>> workers_;
};

}  // namespace state
