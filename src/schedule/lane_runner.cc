#include "schedule/lane_runner.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <utility>

#include "probe/judge.h"
#include "schedule/cadence.h"
#include "schedule/counts.h"
#include "schedule/readings.h"

namespace schedule {
namespace {

using state::CheckStatus;
using state::Skip;
using state::TargetStatus;

LaneRunner::Asks lane_of(const CheckPlan& check) {
  if (check.asks_status_address) return LaneRunner::Asks::status_address;
  return check.answers_at_once ? LaneRunner::Asks::pool : LaneRunner::Asks::script;
}

}  // namespace

LaneRunner::LaneRunner(std::shared_ptr<const TargetPlan> plan, Asks asks,
                       state::ScheduleDelays& delays, base::TimePoint start)
    : plan_(std::move(plan)),
      asks_(asks),
      offset_(asks == Asks::status_address ? status_offset(plan_->interval, plan_->timeout)
                                           : base::Duration::zero()),
      record_(*plan_->record),
      delays_(delays),
      beat_(first_beat(record_.identity().name, plan_->interval, start) + offset_),
      details_(plan_->checks.size()) {
  for (std::size_t i = 0; i < plan_->checks.size(); ++i) {
    const CheckPlan& each = plan_->checks[i];
    if (lane_of(each) != asks) continue;
    beats_.add(i, std::max(each.interval, plan_->interval), beat_);
    has_decider_ = has_decider_ || each.decides_health;
  }
  record_.update([&](const TargetStatus& status) { shown_ = status.health.health(start); });
}

LaneRunner::Do LaneRunner::next(Moment now) {
  switch (state_) {
    case State::idle:
      break;
    case State::ready:
      return begin(now);
    case State::asking:
      if (now.steady >= deadline_) return Do::time_out;
      break;
    case State::pausing:
      if (now.steady >= retry_at_) return begin(now);
      break;
    case State::overdue:
      if (now.steady >= beat_ && is_in_the_way()) return give_way(now);
      if (now.steady < abandon_at_) break;
      if (!may_stay(now.steady)) return is_bystander() ? give_way(now) : abandon(now);
      abandon_at_ = now.steady + kQueuedAgain;
      break;
  }
  if (now.steady < beat_) return Do::wait;
  on_beat(now);
  return state_ == State::ready ? begin(now) : Do::wait;
}

base::TimePoint LaneRunner::due() const {
  switch (state_) {
    case State::idle:
      return beat_;
    case State::ready:
      return base::TimePoint::min();
    case State::asking:
      return std::min(beat_, deadline_);
    case State::pausing:
      return std::min(beat_, retry_at_);
    case State::overdue:
      return std::min(beat_, abandon_at_);
  }
  std::abort();  // -Wswitch keeps the list complete
}

void LaneRunner::on_beat(Moment now) {
  const std::optional<Skip> skip = reason_to_skip(now.steady);
  const std::vector<CheckBeat>& beats = beats_.at(beat_, now.steady);
  if (!skip) start_round(beats, now.steady);
  beat_ = next_beat(beat_, plan_->interval, now.steady).at;
  record_.update([&](TargetStatus& status) {
    for (const CheckBeat& beat : beats) {
      CheckStatus& check = status.checks[beat.check];
      check.planned += 1 + beat.missed;
      count_skip(check, Skip::missed, beat.missed);
      if (skip) {
        count_skip(check, *skip, 1);
      } else if (beat.is_put_off) {
        count_skip(check, Skip::backoff, 1);
      }
    }
    if (asks_ == Asks::pool && state_ != State::overdue) notice_health(now, status);
  });
  if (asks_ == Asks::pool && state_ == State::overdue) say_again(now);
}

// A beat that finds the exchange open is a round as well.
void LaneRunner::say_again(Moment now) {
  std::optional<OpenExchange::Said> said = open_.say_again(now.steady);
  if (!said) {
    return record_.update([&](const TargetStatus& status) { notice_health(now, status); });
  }
  if (answers_late_) said->verdict.dead = said->result.dead = false;
  const std::shared_ptr<const std::string> detail = detail_of(said->verdict);
  record_.update([&](TargetStatus& status) {
    CheckStatus& asked = status.checks[check_index()];
    asked.last_class = said->verdict.outcome_class;
    asked.last_dead = said->verdict.dead;
    asked.last_detail = detail;
    status.health.record(said->result, now.steady);
    status.deciding_check = check_index();
    status.last_probe = now.wall;
    notice_health(now, status);
  });
}

// An unanswered exchange is the one thing that may be outstanding at the address, whether judged or
// not.
std::optional<Skip> LaneRunner::reason_to_skip(base::TimePoint now) const {
  if (state_ != State::idle || is_held_back_) return Skip::outstanding;
  if (now < backed_off_until_) return Skip::backoff;
  return std::nullopt;
}

void LaneRunner::start_round(const std::vector<CheckBeat>& beats, base::TimePoint now) {
  due_.clear();
  for (const CheckBeat& beat : beats) {
    if (!beat.is_put_off) due_.push_back(beat.check);
  }
  if (due_.empty()) return;
  delays_.observe(now - beat_);
  round_ = Round();
  turn_ = 0;
  tries_ = 0;
  state_ = State::ready;
}

// A retry is part of its probe: the time of the first try counts against the timeout, the pause
// between them does not.
LaneRunner::Do LaneRunner::begin(Moment now) {
  state_ = State::asking;
  began_ = now.steady;
  open_.begin();
  if (++tries_ == 1) {
    has_waited_ = false;
    // Of one round the lanes end together, whenever they began: each is evidence for the other.
    deadline_ = now.steady + plan_->timeout - offset_;
    abandon_at_ = now.steady + std::max(plan_->timeout, abandon_after());
    give_up_at_ = now.steady + kMaxQueuedTimes * plan_->abandon_after;
  }
  return Do::begin;
}

bool LaneRunner::may_wait_for_evidence() {
  if (state_ != State::asking || std::exchange(has_waited_, true)) return false;
  deadline_ += kMaxEvidenceWait;
  return true;
}

void LaneRunner::evidence_came(base::TimePoint now) {
  if (state_ == State::asking && has_waited_) deadline_ = std::min(deadline_, now);
}

void LaneRunner::learn(const probe::Evidence& evidence) {
  open_.learn(evidence);
  if (open_.was_taken()) show_own_entry(false);
  const bool has_room = evidence.listen_queue && evidence.listen_queue->length == 0;
  if (has_room || evidence.status_address == probe::StatusAddressAnswer::idle_worker) {
    backed_off_until_ = base::TimePoint::min();
  }
}

base::Duration LaneRunner::abandon_after() const {
  switch (asks_) {
    case Asks::pool:
      return plan_->abandon_after;
    case Asks::status_address:  // an entry left behind there costs the pool nothing
      return std::min(plan_->abandon_after, 2 * plan_->interval);
    case Asks::script:
      return std::max(plan_->abandon_after, kScriptAbandonAfter);
  }
  std::abort();
}

void LaneRunner::finished(const probe::Attempt& attempt, const probe::Evidence& evidence,
                          Moment now) {
  if (state_ == State::overdue) return end_late(attempt);
  assert(state_ == State::asking);
  if (deserves_retry(attempt)) return pause_before_retry(now);
  settle(attempt, evidence, now, Ended::yes);
}

void LaneRunner::timed_out(const probe::Attempt& attempt, const probe::Evidence& evidence,
                           Moment now) {
  assert(state_ == State::asking);
  settle(attempt, evidence, now, Ended::no);
}

// The verdict, the checks that can no more be asked and the end of the round in one step: a reader
// sees all or nothing.
void LaneRunner::settle(const probe::Attempt& attempt, const probe::Evidence& evidence, Moment now,
                        Ended ended) {
  probe::Verdict verdict = probe::judge(attempt, *check().check, evidence);
  if (ended == Ended::yes) answers_late_ = false;
  if (answers_late_) verdict.dead = false;
  const std::shared_ptr<const std::string> detail = detail_of(verdict);
  const bool is_last = ended == Ended::no || turn_ + 1 == due_.size();
  open_.learn(evidence);
  if (ended == Ended::no) {  // a copy of all it brought, which those that ended need not pay for
    open_.judged({.attempt = attempt,
                  .check = &check(),
                  .index = check_index(),
                  .round = round_,
                  .at = now.steady});
  }
  answer_ = meaning_of(verdict);
  round_.judged(check_index(), check().decides_health, verdict);
  record_.update([&](TargetStatus& status) {
    CheckStatus& asked = status.checks[check_index()];
    count_verdict(asked, verdict, attempt, *record_.identity().bounds);
    asked.last_time = now.wall;
    asked.last_detail = detail;
    keep_readings(verdict, check(), now.steady, asked, status);
    if (!is_last) return;
    skip_rest(turn_ + 1, Skip::outstanding, status);
    end_round(now, status);
  });
  judged_ = Judged{.check = check_index(),
                   .outcome = verdict.outcome,
                   .outcome_class = verdict.outcome_class,
                   .detail = detail};
  ended == Ended::yes ? go_on() : stay_open();
}

void LaneRunner::go_on() {
  abandoned_in_a_row_ = 0;
  tries_ = 0;
  const bool is_last = turn_ + 1 == due_.size();
  state_ = is_last ? State::idle : State::ready;
  if (!is_last) ++turn_;
}

void LaneRunner::stay_open() {
  state_ = State::overdue;
  show_own_entry(!open_.was_taken());
}

void LaneRunner::show_own_entry(bool is_there) {
  if (asks_ != Asks::pool || is_there == shows_own_entry_) return;
  shows_own_entry_ = is_there;
  record_.update([&](TargetStatus& status) { status.has_own_entry = is_there; });
}

void LaneRunner::end_late(const probe::Attempt& attempt) {
  state_ = State::idle;
  abandoned_in_a_row_ = 0;
  show_own_entry(false);
  answer_ = probe::StatusAddressAnswer::unusable;
  const auto verdict = probe::judge(attempt, *check().check, {});
  if (!is_answer(attempt, verdict)) return;
  answer_ = meaning_of(verdict);
  answers_late_ = true;
  record_.update([&](TargetStatus& status) {
    count_late_answer(status.checks[check_index()], attempt, *record_.identity().bounds);
  });
}

// Closing it would leave a dead entry in the pool's queue, which a worker serves later for nobody.
bool LaneRunner::may_stay(base::TimePoint now) const {
  return asks_ == Asks::pool && open_.is_queued() && now < give_up_at_;
}

// Its check does not decide the health, and another of the lane does.
bool LaneRunner::is_bystander() const {
  return asks_ == Asks::pool && has_decider_ && !check().decides_health;
}

// A worker has a bystander and is silent: the check that decides is not to wait for it.
bool LaneRunner::is_in_the_way() const {
  return is_bystander() && !open_.is_queued();
}

// Its check waits as long as its exchange would have.
LaneRunner::Do LaneRunner::give_way(Moment now) {
  beats_.put_off(check_index(), std::max(abandon_at_, now.steady + plan_->interval));
  return close_unanswered();
}

LaneRunner::Do LaneRunner::abandon(Moment now) {
  ++abandoned_in_a_row_;
  answers_late_ = false;
  backed_off_until_ = now.steady + back_off(record_.identity().name, abandoned_in_a_row_,
                                            plan_->interval, plan_->stale_after);
  return close_unanswered();
}

LaneRunner::Do LaneRunner::close_unanswered() {
  state_ = State::idle;
  show_own_entry(false);
  record_.update([&](TargetStatus& status) { ++status.checks[check_index()].abandoned; });
  return Do::close;
}

bool LaneRunner::deserves_retry(const probe::Attempt& attempt) {
  if (tries_ > kMaxRetries || !is_closed_without_answer(attempt)) return false;
  bool passed_before = false;
  record_.update([&](const TargetStatus& status) {
    passed_before = status.checks[check_index()].last_outcome == probe::Outcome::pass;
  });
  return passed_before;
}

void LaneRunner::pause_before_retry(Moment now) {
  const base::Duration pause = retry_delay(record_.identity().name, ++retries_);
  retry_at_ = now.steady + pause;
  deadline_ += pause;
  abandon_at_ += pause;
  state_ = State::pausing;
  record_.update([&](TargetStatus& status) { ++status.checks[check_index()].retries; });
}

// No verdict: that we have no descriptor says nothing about the target. Its health gets older, and
// shows it.
void LaneRunner::no_descriptor(Moment now) {
  answer_ = probe::StatusAddressAnswer::unusable;  // an older one proves nothing about today
  if (state_ == State::overdue) {  // judged already, and between two addresses the kernel ran short
    state_ = State::idle;
    return show_own_entry(false);
  }
  assert(state_ == State::asking);
  record_.update([&](TargetStatus& status) {
    skip_rest(turn_, Skip::limit, status);
    end_round(now, status);
  });
  state_ = State::idle;
}

void LaneRunner::drop() {
  show_own_entry(false);
  if (state_ == State::idle || state_ == State::overdue) return;
  record_.update([&](TargetStatus& status) {
    for (std::size_t i = turn_; i < due_.size(); ++i) --status.checks[due_[i]].planned;
  });
  state_ = State::idle;
}

void LaneRunner::skip_rest(std::size_t from, Skip reason, TargetStatus& status) {
  for (std::size_t i = from; i < due_.size(); ++i) {
    count_skip(status.checks[due_[i]], reason, 1);
    round_.skipped(plan_->checks[due_[i]].decides_health);
  }
}

void LaneRunner::end_round(Moment now, TargetStatus& status) {
  if (!round_.has_verdict() || asks_ != Asks::pool) return;
  has_had_round_ = true;
  status.last_probe = now.wall;
  if (const std::optional<probe::RoundResult> result = round_.result()) {
    status.health.record(*result, now.steady);
    status.deciding_check = round_.deciding_check();
    if (result->outcome_class == probe::OutcomeClass::pass) status.last_success = now.wall;
  }
  notice_health(now, status);
}

void LaneRunner::notice_health(Moment now, const TargetStatus& status) {
  const probe::Health health = status.health.health(now.steady);
  if (health == shown_) return;
  const CheckStatus& explaining = status.checks[status.deciding_check];
  transition_ = Transition{.from = std::exchange(shown_, health),
                           .to = health,
                           .check = status.deciding_check,
                           .outcome = explaining.last_outcome.value_or(probe::Outcome::pass),
                           .outcome_class = explaining.last_class,
                           .detail = explaining.last_detail};
}

std::shared_ptr<const std::string> LaneRunner::detail_of(const probe::Verdict& verdict) {
  std::shared_ptr<const std::string>& kept = details_[check_index()];
  if (verdict.detail.empty()) {
    kept = nullptr;
  } else if (kept == nullptr || *kept != verdict.detail) {
    kept = std::make_shared<const std::string>(verdict.detail);
  }
  return kept;
}

}  // namespace schedule
