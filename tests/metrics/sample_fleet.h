// Targets in every state that a page can show, the same at every run.
#pragma once

#include <memory>
#include <vector>

#include "base/time.h"
#include "state/board.h"

namespace metrics {

inline const base::TimePoint kNow{std::chrono::hours(1)};
inline const base::WallTime kWallNow{std::chrono::seconds(1'760'000'000)};

// down-1: answered wrongly, and failed in every way; new-1: not yet probed; pool-1: a PHP-FPM pool
// over tcp, of which everything is known; pool-2: one over a unix socket, whose queue only the
// kernel knows; pool-3: one whose status page is old; saturated-1: busy, with a kernel queue;
// stale-1: passed once, long ago; up-1: passes, over a unix socket, with two checks and labels that
// need escaping.
state::TargetSet sample_fleet();

// A whole page of the pool `www`, in which no two numbers are the same: 2 idle and 3 active
// processes, two of which are listed.
phpfpm::StatusPage sample_status_page();

inline phpfpm::StatusPage page_without_queue() {  // as of a unix socket
  phpfpm::StatusPage page = sample_status_page();
  page.listen_queue = page.listen_queue_peak = page.listen_queue_limit = 0;
  return page;
}

// As the worker notes a page of the pool that is `page.pool`, read this long before kNow.
void note_page(state::TargetRecord& record, phpfpm::StatusPage page, base::Duration ago);

// `count` targets that passed, each with the same static labels.
state::TargetSet large_fleet(std::size_t count);

}  // namespace metrics
