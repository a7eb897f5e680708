// Targets in every state that a page can show, the same at every run.
#pragma once

#include <memory>
#include <vector>

#include "base/time.h"
#include "state/board.h"

namespace metrics {

inline const base::TimePoint kNow{std::chrono::hours(1)};
inline const base::WallTime kWallNow{std::chrono::seconds(1'760'000'000)};

// down-1: answered wrongly, and failed in every way; new-1: not yet probed; saturated-1: busy, with
// a kernel queue; stale-1: passed once, long ago; up-1: passes, over a unix socket, with two checks
// and labels that need escaping.
state::TargetSet sample_fleet();

// `count` targets that passed, each with the same static labels.
state::TargetSet large_fleet(std::size_t count);

}  // namespace metrics
