// The words for time. Steady time measures intervals; wall time is only shown to people and
// machines. Pure code takes `now` as an argument; only event loops and main read a clock.
#pragma once

#include <chrono>

namespace base {

using Clock = std::chrono::steady_clock;
using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<Clock, Duration>;
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

inline double seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}
// Seconds since 1970; 0 for the default value, which means "never".
inline double unix_seconds(WallTime t) {
  return seconds(t.time_since_epoch());
}

}  // namespace base
