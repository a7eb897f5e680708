#include "schedule/check_beats.h"

#include "schedule/cadence.h"

namespace schedule {

void CheckBeats::add(std::size_t check, base::Duration interval, base::TimePoint first_beat) {
  checks_.push_back({.check = check, .interval = interval, .next = first_beat});
}

const std::vector<CheckBeat>& CheckBeats::at(base::TimePoint beat, base::TimePoint now) {
  due_.clear();
  for (OwnBeats& own : checks_) {
    if (own.next > beat) continue;
    const NextBeat next = next_beat(own.next, own.interval, now);
    own.next = next.at;
    due_.push_back(
        {.check = own.check, .missed = next.missed, .is_put_off = now < own.put_off_until});
  }
  return due_;
}

void CheckBeats::put_off(std::size_t check, base::TimePoint until) {
  for (OwnBeats& own : checks_) {
    if (own.check == check) own.put_off_until = until;
  }
}

}  // namespace schedule
