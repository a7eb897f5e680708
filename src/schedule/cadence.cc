#include "schedule/cadence.h"

#include <algorithm>
#include <cassert>

namespace schedule {
namespace {

// FNV-1a over the name, then the finalizer of splitmix64: neighbouring names and counts land far
// apart.
std::uint64_t spread(std::string_view name, std::uint64_t count) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  hash += count * 0x9e3779b97f4a7c15U;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9U;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebU;
  return hash ^ (hash >> 31);
}

// In [0, span), or 0 for no span at all.
base::Duration part_of(base::Duration span, std::string_view name, std::uint64_t count) {
  if (span <= base::Duration::zero()) return base::Duration::zero();
  const auto nanoseconds = spread(name, count) % static_cast<std::uint64_t>(span.count());
  return base::Duration(static_cast<base::Duration::rep>(nanoseconds));
}

}  // namespace

base::TimePoint first_beat(std::string_view target, base::Duration interval,
                           base::TimePoint start) {
  return start + part_of(std::min<base::Duration>(interval, std::chrono::seconds(1)), target, 0);
}

base::Duration status_offset(base::Duration interval, base::Duration timeout) {
  return std::min<base::Duration>({std::chrono::milliseconds(200), interval / 4, timeout / 4});
}

NextBeat next_beat(base::TimePoint previous, base::Duration interval, base::TimePoint now) {
  assert(interval > base::Duration::zero());
  const auto beats = (now - previous + interval - base::Duration(1)) / interval;
  const auto steps = std::max<base::Duration::rep>(1, beats);
  return {.at = previous + steps * interval, .missed = static_cast<std::uint64_t>(steps - 1)};
}

base::Duration retry_delay(std::string_view target, std::uint64_t retry) {
  return kMinRetryDelay +
         part_of(kMaxRetryDelay - kMinRetryDelay + base::Duration(1), target, retry);
}

base::Duration back_off(std::string_view target, std::uint64_t abandoned, base::Duration interval,
                        base::Duration stale_after) {
  const base::Duration most = stale_after / 2;
  base::Duration pause = std::min(interval, most);
  for (std::uint64_t doubled = 1; doubled < abandoned && pause < most; ++doubled) {
    pause = pause > most / 2 ? most : pause * 2;
  }
  return pause - part_of(pause / 4, target, abandoned);
}

}  // namespace schedule
