// The beats of each check of a lane: some checks have a longer interval than their target. Pure; a
// value of its lane.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"

namespace schedule {

// A check whose beat has come.
struct CheckBeat {
  std::size_t check = 0;     // its index in the plan
  std::uint64_t missed = 0;  // beats of its own that have passed unnoticed until its next one
  bool is_put_off = false;
};

class CheckBeats {
 public:
  void add(std::size_t check, base::Duration interval, base::TimePoint first_beat);
  bool empty() const { return checks_.empty(); }

  // The checks that are due at the lane's `beat`, each once; valid until the next call.
  const std::vector<CheckBeat>& at(base::TimePoint beat, base::TimePoint now);
  // Its beats until then are not kept.
  void put_off(std::size_t check, base::TimePoint until);

 private:
  struct OwnBeats {
    std::size_t check;
    base::Duration interval;
    base::TimePoint next;
    base::TimePoint put_off_until = base::TimePoint::min();
  };
  std::vector<OwnBeats> checks_;
  std::vector<CheckBeat> due_;
};

}  // namespace schedule
