// Which figures of a PHP-FPM pool may be shown, and from where: its status page while that is
// fresh, the kernel's accept queue where PHP-FPM itself cannot know. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "state/target_record.h"

namespace metrics {

// The pool's last status page; null before the first, and when it is older than the target's
// stale_after. Lives as long as `status` holds it.
const phpfpm::StatusPage* fresh_page(const state::TargetIdentity& identity,
                                     const state::TargetStatus& status, base::TimePoint now);

// Of the accept queue; nothing where nobody says.
struct QueueFigures {
  std::optional<std::uint64_t> length;
  std::optional<std::uint64_t> peak;
  std::optional<std::uint64_t> limit;
};

// Whether `page` says 0 of 0 for a unix pool, as PHP-FPM on Linux always does: it does not know.
bool queue_is_unknown_to(const phpfpm::StatusPage& page, const state::TargetIdentity& identity);

// As `page` says. Where it does not know, as the kernel says, and nothing when that cannot be read.
QueueFigures queue_figures(const phpfpm::StatusPage& page, const state::TargetIdentity& identity,
                           const state::TargetStatus& status);

}  // namespace metrics
