// Guests at the lanes of watched targets: what happens there, and who goes first.
#include <algorithm>
#include <utility>

#include "schedule/guests.h"

namespace schedule {

namespace {

std::string place_of_lane(const Lane& lane) {
  return (lane.runner.asks() == LaneRunner::Asks::script ? "script " : "") +
         lane.connection.address().text();
}

}  // namespace

// Whoever has a room at the address moves over.
void Guests::lane_came(const Lane& lane) {
  const std::string place = place_of_lane(lane);
  lanes_.emplace(place, lane.key);
  const auto room = rooms_.find(place);
  if (room != rooms_.end()) make_homeless(room->second);
}

void Guests::lane_leaves(const Lane& lane) {
  const auto [first, last] = lanes_.equal_range(place_of_lane(lane));
  const auto entry =
      std::find_if(first, last, [&](const auto& each) { return each.second == lane.key; });
  if (entry != last) lanes_.erase(entry);
  make_homeless(lane.key);
}

void Guests::make_homeless(SeatKey key) {
  const auto found = seats_.find(key);
  if (found == seats_.end()) return;
  Seat& seat = found->second;
  std::vector<Run*> all(seat.others.begin(), seat.others.end());
  if (seat.holder != nullptr) all.push_back(seat.holder);
  if (seat.room) rooms_.erase(seat.address);
  seats_.erase(found);
  for (Run* run : all) {
    if (!run->guest.has_waiters()) {
      remove(*run);
      continue;
    }
    run->state = Run::State::waiting;
    run->is_left_over = false;
    run->yield_at = base::TimePoint::max();
    timers_.cancel(run->key);
    homeless_.push_back(run);
  }
}

void Guests::settle_down() {
  for (Run* run : std::exchange(homeless_, {})) {
    run->guest.start_over();
    sit_down(*run);
  }
}

bool Guests::before_begin(WatchedTarget& target, Lane& lane) {
  Seat* const seat = find(lane.key);
  if (seat == nullptr || seat->holder == nullptr) return true;
  Run& run = *seat->holder;
  const bool is_same = run.guest.question().plan == target.plan &&
                       run.guest.check_index() == lane.runner.check_index();
  if (is_same) {
    stand_up(run);
    if (!run.guest.has_waiters()) {
      remove(run);
      return false;
    }
    if (run.is_left_over) {  // the others of its checks are to be asked anew
      run.guest.start_over();
      sit_down(run);
      return false;
    }
    run.state = Run::State::joined;
    seat->others.push_back(&run);
    arm(run);
    return false;
  }
  if (run.is_unattended) {
    lane.connection.close();
    stand_up(run);
    remove(run);
    return true;
  }
  seat->lane_waits = true;
  run.yield_at = base::Clock::now() + std::min(kGuestGrace, target.plan->timeout / 4);
  arm(run);
  return false;
}

void Guests::lane_judged(LaneKey key, std::size_t check, const probe::Attempt& attempt,
                         const probe::Evidence& evidence) {
  Seat* const seat = find(key);
  if (seat == nullptr) return;
  std::vector<Run*> told;
  std::ranges::copy_if(seat->others, std::back_inserter(told), [check](const Run* run) {
    return run->state == Run::State::joined && run->guest.check_index() == check;
  });
  is_lane_being_judged_ = true;
  for (Run* run : told) {
    probe::CheckReport report = report_of(*run, attempt, evidence);
    report.is_joined = true;
    settle(*run, std::move(report));
  }
  is_lane_being_judged_ = false;
}

void Guests::lane_moved(LaneKey key) {
  Seat* const seat = find(key);
  if (seat == nullptr) return;
  for (Run* run : seat->others) {
    if (run->state == Run::State::joined && !may_join(*run)) run->state = Run::State::waiting;
  }
  serve(key);
}

}  // namespace schedule
