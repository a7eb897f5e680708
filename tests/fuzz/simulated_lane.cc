#include "simulated_lane.h"

namespace fuzz {
namespace {

using probe::Health;
using schedule::CheckPlan;
using Do = schedule::LaneRunner::Do;
using Asks = schedule::LaneRunner::Asks;

constexpr base::TimePoint kStart{std::chrono::hours(1)};
constexpr int kMaxSteps = 100;  // that may be due at one moment

std::uint64_t failures_of(const state::CheckStatus& check) {
  std::uint64_t sum = 0;
  for (const std::uint64_t each : check.failures) sum += each;
  return sum;
}

std::uint64_t beats_until(base::TimePoint first, base::Duration interval, base::TimePoint now) {
  return now < first ? 0 : static_cast<std::uint64_t>((now - first) / interval) + 1;
}

// All that a late answer must leave as it is.
bool are_same_but_for_late(const state::CheckStatus& a, const state::CheckStatus& b) {
  return a.planned == b.planned && a.probes == b.probes && a.passes == b.passes &&
         a.failures == b.failures && a.skipped == b.skipped && a.retries == b.retries &&
         a.abandoned == b.abandoned && a.stderr_bytes == b.stderr_bytes &&
         a.last_outcome == b.last_outcome && a.last_class == b.last_class &&
         a.last_dead == b.last_dead && a.last_time == b.last_time && a.last_detail == b.last_detail;
}

}  // namespace

SimulatedLane::SimulatedLane(const schedule::TargetWish& wish, Runner::Asks asks, bool waits)
    : plan_(schedule::share(schedule::target_plan(wish, kStart))),
      asks_(asks),
      waits_(waits),
      first_beat_(schedule::first_beat(wish.name, wish.interval, kStart) +
                  (asks == Asks::status_address
                       ? schedule::status_offset(wish.interval, wish.timeout)
                       : base::Duration::zero())),
      has_decider_(std::ranges::any_of(
          plan_->checks,
          [&](const CheckPlan& check) { return is_of_lane(check) && check.decides_health; })),
      runner_(plan_, asks, delays_, kStart),
      now_(kStart),
      lane_beat_(first_beat_ - plan_->interval),
      noticed_until_(lane_beat_),
      tallies_(plan_->checks.size()) {}

bool SimulatedLane::is_of_lane(const CheckPlan& check) const {
  if (check.asks_status_address) return asks_ == Asks::status_address;
  return (check.answers_at_once ? Asks::pool : Asks::script) == asks_;
}

schedule::Moment SimulatedLane::moment() const {
  return {.steady = now_,
          .wall = base::WallTime(std::chrono::hours(500'000) + now_.time_since_epoch())};
}

void SimulatedLane::end_exchange(const probe::Attempt& attempt) {
  if (!is_open_) return;
  is_open_ = false;
  if (runner_.is_judged()) return end_late(attempt);
  if (attempt.end == probe::End::answered) ++tally().answered;
  const std::size_t index = runner_.check_index();
  const state::CheckStatus before = schedule::status_of(*plan_).checks[index];
  runner_.finished(attempt, evidence_, moment());
  const state::CheckStatus after = schedule::status_of(*plan_).checks[index];
  is_retry_ = after.retries != before.retries;
  require(after.probes + after.retries == before.probes + before.retries + 1);
  if (is_retry_) {
    require(before.last_outcome == probe::Outcome::pass && attempt.bytes_received == 0);
    require(++retries_of_probe_ <= schedule::kMaxRetries);
  } else {
    abandoned_in_a_row_ = 0;
  }
}

void SimulatedLane::end_late(const probe::Attempt& attempt) {
  const state::TargetStatus before = schedule::status_of(*plan_);
  const bool is_answer = attempt.end == probe::End::answered;
  if (is_answer) ++tally().answered;
  const std::size_t index = runner_.check_index();
  runner_.finished(attempt, evidence_, moment());
  const state::TargetStatus after = schedule::status_of(*plan_);
  for (std::size_t i = 0; i < before.checks.size(); ++i) {
    require(are_same_but_for_late(before.checks[i], after.checks[i]));
    const std::uint64_t late = is_answer && i == index ? 1 : 0;
    require(after.checks[i].late_answers == before.checks[i].late_answers + late);
  }
  require(before.health.last_round() == after.health.last_round());
  require(before.health.health(now_) == after.health.health(now_));
  require(before.last_probe == after.last_probe && before.last_success == after.last_success);
  abandoned_in_a_row_ = 0;
}

void SimulatedLane::learn(const probe::Evidence& evidence) {
  evidence_ = open_evidence_ = evidence;
  const bool has_room = evidence.listen_queue && evidence.listen_queue->length == 0;
  was_taken_ = was_taken_ || has_room;
  if (has_room || evidence.status_address == probe::StatusAddressAnswer::idle_worker) {
    backed_off_until_ = base::TimePoint::min();
  }
  runner_.learn(evidence);
}

void SimulatedLane::lacks_descriptor() {
  if (!is_open_) return;
  is_open_ = false;
  if (runner_.is_asking()) ++tally().without_descriptor;
  is_retry_ = false;
  runner_.no_descriptor(moment());
}

void SimulatedLane::settle() {
  hear();
  for (int steps = 0; runner_.due() <= now_; ++steps) {
    require(steps < kMaxSteps);
    perform(runner_.next(moment()));
    hear();
  }
  require(runner_.next(moment()) == Do::wait);
  if (now_ >= first_beat_ && last_beat() != lane_beat_) {
    noticed_until_ = std::min(lane_beat_ + plan_->interval, last_beat()) - base::Duration(1);
    lane_beat_ = last_beat();
  }
  look();
}

void SimulatedLane::perform(Runner::Do what) {
  switch (what) {
    case Do::wait:
      return;
    case Do::begin:
      return begin();
    case Do::time_out:
      return time_out();
    case Do::close:
      return close();
  }
}

void SimulatedLane::begin() {
  require(!is_open_ && now_ >= first_beat_);
  if (!is_retry_) {
    require(now_ >= backed_off_until_);
    probe_began_ = now_;
    retries_of_probe_ = 0;
  }
  require(is_of_lane(runner_.check()));
  is_open_ = true;
  was_taken_ = is_retry_ = false;
  open_evidence_ = {};
  ++tally().begun;
}

void SimulatedLane::time_out() {
  require(is_open_ && runner_.is_asking());
  const base::Duration offset = asks_ == Asks::status_address
                                    ? schedule::status_offset(plan_->interval, plan_->timeout)
                                    : base::Duration::zero();
  require(now_ - probe_began_ >= plan_->timeout - offset);
  if (waits_ && runner_.may_wait_for_evidence()) return;
  silence_ = {};
  silence_.end = probe::End::timed_out;
  silence_.reached = static_cast<probe::Phase>(1 + tally().begun % 4);
  silence_.bytes_received = silence_.reached == probe::Phase::receive ? 1 : 0;
  silence_.elapsed = now_ - probe_began_;
  open_evidence_ = evidence_;
  const bool has_room = evidence_.listen_queue && evidence_.listen_queue->length == 0;
  was_taken_ = was_taken_ || has_room;
  judged_at_ = now_;
  runner_.timed_out(silence_, evidence_, moment());
  require(runner_.is_judged());
}

bool SimulatedLane::is_bystander() const {
  return asks_ == Asks::pool && has_decider_ && !runner_.check().decides_health;
}

// Closing it would leave a dead entry in the queue.
bool SimulatedLane::must_stay() const {
  return asks_ == Asks::pool && !was_taken_ && silence_.reached >= probe::Phase::send &&
         silence_.bytes_received == 0 && open_evidence_.listen_queue &&
         open_evidence_.listen_queue->length > 0 &&
         now_ < probe_began_ + schedule::kMaxQueuedTimes * plan_->abandon_after;
}

void SimulatedLane::close() {
  require(is_open_ && !must_stay());
  is_open_ = false;
  ++tally().closed;
  if (is_bystander()) return;
  require(now_ >= judged_at_ && now_ - probe_began_ >= plan_->timeout);
  backed_off_until_ =
      now_ + schedule::back_off(plan_->record->identity().name, ++abandoned_in_a_row_,
                                plan_->interval, plan_->stale_after);
  require(backed_off_until_ - now_ <= plan_->stale_after / 2);
}

// What the worker would write to the log.
void SimulatedLane::hear() {
  runner_.take_judged();
  const auto transition = runner_.take_transition();
  if (!transition) return;
  require(transition->from == shown_ && transition->to != shown_);
  shown_ = transition->to;
  require(schedule::status_of(*plan_).health.health(now_) == shown_);
}

base::TimePoint SimulatedLane::last_beat() const {
  return first_beat_ + (now_ - first_beat_) / plan_->interval * plan_->interval;
}

void SimulatedLane::look() const {
  const state::TargetStatus status = schedule::status_of(*plan_);
  for (std::size_t i = 0; i < status.checks.size(); ++i) {
    look_at_counts(i, status.checks[i]);
    if (is_of_lane(plan_->checks[i])) look_at_beats(i, status.checks[i]);
  }
  look_at_health(status);
  require(!status.has_own_entry || (asks_ == Asks::pool && runner_.is_judged()));
  require(runner_.is_judged() ? is_open_ : is_open_ == (runner_.is_asking() && !is_retry_));
}

void SimulatedLane::look_at_counts(std::size_t index, const state::CheckStatus& check) const {
  const Tally& own = tallies_[index];
  const bool is_asked = runner_.is_asking() && runner_.check_index() == index;
  require(check.planned == check.probes + schedule::all_skipped(check) + (is_asked ? 1 : 0) ||
          (runner_.is_asking() && schedule::broken_promise(check).empty()));
  require(check.probes == check.passes + failures_of(check));
  require(check.durations.count == own.answered && check.late_answers <= own.answered);
  require(check.abandoned == own.closed);
  const bool is_under_way = is_asked && !is_retry_;
  require(own.begun ==
          check.probes + check.retries + own.without_descriptor + (is_under_way ? 1 : 0));
  require(check.last_outcome.has_value() == (check.probes > 0));
  require(!check.last_dead || check.last_class == probe::OutcomeClass::fail);
}

// Every beat is accounted for, whatever held the worker up.
void SimulatedLane::look_at_beats(std::size_t index, const state::CheckStatus& check) const {
  const base::Duration interval = std::max(plan_->checks[index].interval, plan_->interval);
  const bool is_each_beat = interval == plan_->interval;
  require(check.planned <= beats_until(first_beat_, interval, now_));
  require(check.planned >=
          beats_until(first_beat_, interval, is_each_beat ? lane_beat_ : noticed_until_));
}

void SimulatedLane::look_at_health(const state::TargetStatus& status) const {
  const auto last_round = status.health.last_round();
  if (asks_ != Asks::pool) return require(!last_round && !runner_.has_had_round());
  require(last_round || status.health.health(now_) == Health::unknown);
  require(!last_round || *last_round <= now_);
  require(status.last_success <= status.last_probe && status.last_probe <= moment().wall);
  if (status.health.up(now_) == true) require(status.last_success > base::WallTime{});
  const bool says_again = runner_.is_judged() && runner_.check().decides_health;
  if (says_again && last_beat() > judged_at_) require(last_round && *last_round >= last_beat());
}

void SimulatedLane::drop() {
  runner_.drop();
  is_open_ = false;
  for (const state::CheckStatus& check : schedule::status_of(*plan_).checks) {
    require(check.planned == check.probes + schedule::all_skipped(check));
  }
  require(!schedule::status_of(*plan_).has_own_entry);
}

}  // namespace fuzz
