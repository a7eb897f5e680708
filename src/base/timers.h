// The timers of one event loop: keys that come due at a time. Pure; owned by the loop's thread.
// Each key has at most one timer; setting it again moves it. All operations O(log n).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/time.h"

namespace base {

class Timers {
 public:
  using Key = std::uint64_t;

  void set(Key key, TimePoint due);
  void cancel(Key key);
  std::optional<TimePoint> next_due() const;
  // The key that came due first, removed; nothing when none is due at `now`.
  std::optional<Key> pop_due(TimePoint now);
  std::size_t size() const { return due_.size(); }

 private:
  std::set<std::pair<TimePoint, Key>> order_;
  std::unordered_map<Key, TimePoint> due_;
};

}  // namespace base
