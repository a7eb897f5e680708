// When things start: beats, the pause before a retry, the back-off after an abandoned exchange.
// Pure. Spreading comes from the target's name and a count, not from a random source, so that a run
// can be repeated and a fleet is still spread out.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"

namespace schedule {

// The first beat: spread over min(interval, 1 s) after `start`, the same at every start.
base::TimePoint first_beat(std::string_view target, base::Duration interval, base::TimePoint start);

// How long after each beat of the pool its status address is asked: our own ping is over by then,
// and does not count as an active process; and where the ping is still waiting, the page is
// evidence.
base::Duration status_offset(base::Duration interval, base::Duration timeout);

struct NextBeat {
  base::TimePoint at;
  std::uint64_t missed = 0;  // beats between `previous` and `at`, already past at `now`
};
// The first beat after `previous` that is not already past at `now`. Fixed beats from a phase of
// the target's own; missed ones are never caught up, since that would bunch the probes that the
// phases spread out. REQUIRES: interval > 0.
NextBeat next_beat(base::TimePoint previous, base::Duration interval, base::TimePoint now);

// Within one probe, after a reset without a byte. Each takes a worker of the pool, so no more than
// it needs: of storms of 20 PHP-FPM reloads 100 ms apart on a busy machine, 15 of 32 had a probe
// that was reset again after one retry, 2 of 32 after two, none after three.
inline constexpr int kMaxRetries = 3;

// A pool that reloads resets what it serves and answers again within milliseconds.
inline constexpr base::Duration kMinRetryDelay = std::chrono::milliseconds(100);
inline constexpr base::Duration kMaxRetryDelay = std::chrono::milliseconds(300);
base::Duration retry_delay(std::string_view target, std::uint64_t retry);

// How long no probe starts after the `abandoned`-th exchange in a row was abandoned (1 for the
// first): doubles from the interval, at most `stale_after`/2, so that a target that is backed off
// does not become unknown for it; of that, the last quarter is spread.
base::Duration back_off(std::string_view target, std::uint64_t abandoned, base::Duration interval,
                        base::Duration stale_after);

}  // namespace schedule
