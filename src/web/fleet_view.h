// Every target at one moment, worst first, for the pages that show many. Taking one asks each
// record for its health alone; it is taken at most once per 100 ms for all who ask.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "base/time.h"
#include "probe/health.h"
#include "state/board.h"

namespace web {

// One instant on both clocks.
struct Now {
  base::TimePoint steady;
  base::WallTime wall;
};
Now read_clocks();

struct FleetTotals {
  std::size_t targets = 0;
  std::size_t up = 0;
  std::size_t saturated = 0;
  std::size_t down = 0;
  std::size_t unknown = 0;
};

struct FleetEntry {
  probe::Health health = probe::Health::unknown;
  const state::TargetRecord* record = nullptr;  // lives as long as FleetView::targets
};

// Immutable once made.
struct FleetView {
  std::shared_ptr<const state::TargetSet> targets;
  base::TimePoint at{};
  std::vector<FleetEntry> worst_first;  // then by name
  FleetTotals totals;
};

FleetView view_of(std::shared_ptr<const state::TargetSet> targets, base::TimePoint now);

// Any thread.
class FleetViews {
 public:
  static constexpr base::Duration kShareFor = std::chrono::milliseconds(100);

  // At most kShareFor old, and never of a set of targets that a reload has replaced.
  std::shared_ptr<const FleetView> get(const state::Board& board, base::TimePoint now);

 private:
  base::Mutex mutex_;  // held while one is taken, so that those who come together share it
  std::shared_ptr<const FleetView> last_ GUARDED_BY(mutex_);
};

}  // namespace web
