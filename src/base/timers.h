// The timers of one event loop: keys that come due at a time. Pure; owned by the loop's thread.
// Each key has at most one timer; setting it again moves it. All operations O(log n), and without
// the allocator where a key that came due is set again before the next one comes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

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
  std::size_t size() const { return heap_.size(); }

 private:
  using Places =
      std::unordered_map<Key, std::size_t>;  // in the heap; its nodes stay where they are
  struct Timer {
    TimePoint due;
    Places::value_type* entry;  // of places_
  };

  void put(std::size_t place, Timer timer);
  void rise(std::size_t place, Timer timer);
  void sink(std::size_t place, Timer timer);
  void settle(std::size_t place, Timer timer);
  void take_out(std::size_t place);

  std::vector<Timer> heap_;  // each no later than those at twice its place, plus one and two
  Places places_;
  Places::node_type spare_;  // of the key that came due last
};

}  // namespace base
