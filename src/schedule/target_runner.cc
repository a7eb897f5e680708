#include "schedule/target_runner.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "probe/judge.h"
#include "schedule/cadence.h"

namespace schedule {
namespace {

using state::CheckStatus;
using state::Skip;
using state::TargetStatus;

void count_skip(CheckStatus& check, Skip reason, std::uint64_t beats) {
  check.skipped[static_cast<std::size_t>(reason)] += beats;
}

void count_verdict(CheckStatus& check, const probe::Verdict& verdict, const probe::Attempt& attempt,
                   const state::Bounds& bounds) {
  ++check.probes;
  if (verdict.outcome == probe::Outcome::pass) {
    ++check.passes;
  } else {
    ++check.failures[static_cast<std::size_t>(probe::info(verdict.outcome).reason)];
  }
  check.stderr_bytes += attempt.response.stderr_bytes;
  if (attempt.end == probe::End::answered) check.durations.observe(attempt.elapsed, bounds);
  check.last_outcome = verdict.outcome;
  check.last_class = verdict.outcome_class;
  check.last_dead = verdict.dead;
  check.last_phases = attempt.phases;
}

// What a worker of a pool that reloads leaves behind: the connection ended before a byte of the
// answer. Linux says so while reading (ECONNRESET; on tcp, when the worker had read the request, an
// orderly end) or already while sending (EPIPE on a unix socket).
bool is_closed_without_answer(const probe::Attempt& attempt) {
  const bool ended_by_peer = attempt.end == probe::End::closed ||
                             attempt.end == probe::End::send_failed ||
                             attempt.end == probe::End::connect_failed;
  return ended_by_peer && attempt.bytes_received == 0 &&
         (attempt.error_number == 0 || attempt.error_number == ECONNRESET ||
          attempt.error_number == EPIPE);
}

}  // namespace

TargetRunner::TargetRunner(std::shared_ptr<const TargetPlan> plan, state::ScheduleDelays& delays,
                           base::TimePoint start)
    : plan_(std::move(plan)),
      record_(*plan_->record),
      delays_(delays),
      beat_(first_beat(record_.identity().name, plan_->interval, start)),
      details_(plan_->checks.size()) {
  record_.update([&](const TargetStatus& status) { shown_ = status.health.health(start); });
}

TargetRunner::Do TargetRunner::next(Moment now) {
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
      if (now.steady >= abandon_at_) return abandon(now);
      break;
  }
  if (now.steady < beat_) return Do::wait;
  on_beat(now);
  return state_ == State::ready ? begin(now) : Do::wait;
}

base::TimePoint TargetRunner::due() const {
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

void TargetRunner::on_beat(Moment now) {
  const NextBeat next = next_beat(beat_, plan_->interval, now.steady);
  const std::optional<Skip> skip = reason_to_skip(now.steady);
  if (!skip) {
    delays_.observe(now.steady - beat_);
    start_round();
  }
  beat_ = next.at;
  record_.update([&](TargetStatus& status) {
    for (CheckStatus& check : status.checks) {
      check.planned += 1 + next.missed;
      count_skip(check, Skip::missed, next.missed);
      if (skip) count_skip(check, *skip, 1);
    }
    if (state_ == State::overdue && repeated_) {
      status.health.record(*repeated_, now.steady);
      status.last_probe = now.wall;
    }
    notice_health(now, status);
  });
}

// An unanswered exchange is the one thing that may be outstanding at the address, whether judged or
// not.
std::optional<Skip> TargetRunner::reason_to_skip(base::TimePoint now) const {
  if (state_ != State::idle) return Skip::outstanding;
  if (now < backed_off_until_) return Skip::backoff;
  return std::nullopt;
}

void TargetRunner::start_round() {
  round_ = Round();
  index_ = 0;
  tries_ = 0;
  state_ = State::ready;
}

// A retry is part of its probe: the time of the first try counts against the timeout, the pause
// between them does not.
TargetRunner::Do TargetRunner::begin(Moment now) {
  state_ = State::asking;
  if (++tries_ == 1) {
    deadline_ = now.steady + plan_->timeout;
    abandon_at_ = now.steady + std::max(plan_->timeout, plan_->abandon_after);
  }
  return Do::begin;
}

void TargetRunner::finished(const probe::Attempt& attempt, const probe::Evidence& evidence,
                            Moment now) {
  if (state_ == State::overdue) return end_late(attempt);
  assert(state_ == State::asking);
  if (deserves_retry(attempt)) return pause_before_retry(now);
  settle(attempt, evidence, now, Ended::yes);
}

void TargetRunner::timed_out(const probe::Attempt& attempt, const probe::Evidence& evidence,
                             Moment now) {
  assert(state_ == State::asking);
  settle(attempt, evidence, now, Ended::no);
}

// The verdict, the checks that can no more be asked and the end of the round in one step: a reader
// sees all or nothing.
void TargetRunner::settle(const probe::Attempt& attempt, const probe::Evidence& evidence,
                          Moment now, Ended ended) {
  const probe::Verdict verdict = probe::judge(attempt, *check().check, evidence);
  const std::shared_ptr<const std::string> detail = detail_of(verdict);
  const bool is_last = ended == Ended::no || index_ + 1 == plan_->checks.size();
  round_.judged(index_, check().decides_health, verdict);
  record_.update([&](TargetStatus& status) {
    CheckStatus& asked = status.checks[index_];
    count_verdict(asked, verdict, attempt, *record_.identity().bounds);
    asked.last_time = now.wall;
    asked.last_detail = detail;
    if (!is_last) return;
    skip_rest(index_ + 1, Skip::outstanding, status);
    end_round(now, status);
  });
  judged_ = Judged{.check = index_,
                   .outcome = verdict.outcome,
                   .outcome_class = verdict.outcome_class,
                   .detail = detail};
  ended == Ended::yes ? go_on() : stay_open();
}

void TargetRunner::go_on() {
  abandoned_in_a_row_ = 0;
  tries_ = 0;
  const bool is_last = index_ + 1 == plan_->checks.size();
  state_ = is_last ? State::idle : State::ready;
  if (!is_last) ++index_;
}

void TargetRunner::stay_open() {
  state_ = State::overdue;
  repeated_ = check().decides_health ? round_.result() : std::nullopt;
  if (repeated_)
    repeated_->answered = false;  // whatever another check heard, the beats to come hear nothing
}

void TargetRunner::end_late(const probe::Attempt& attempt) {
  state_ = State::idle;
  abandoned_in_a_row_ = 0;
  if (attempt.end != probe::End::answered) return;
  record_.update([&](TargetStatus& status) {
    CheckStatus& asked = status.checks[index_];
    ++asked.late_answers;
    asked.durations.observe(attempt.elapsed, *record_.identity().bounds);
    asked.last_phases = attempt.phases;
  });
}

TargetRunner::Do TargetRunner::abandon(Moment now) {
  state_ = State::idle;
  ++abandoned_in_a_row_;
  backed_off_until_ = now.steady + back_off(record_.identity().name, abandoned_in_a_row_,
                                            plan_->interval, plan_->stale_after);
  record_.update([&](TargetStatus& status) { ++status.checks[index_].abandoned; });
  return Do::close;
}

bool TargetRunner::deserves_retry(const probe::Attempt& attempt) {
  if (tries_ > kMaxRetries || !is_closed_without_answer(attempt)) return false;
  bool passed_before = false;
  record_.update([&](const TargetStatus& status) {
    passed_before = status.checks[index_].last_outcome == probe::Outcome::pass;
  });
  return passed_before;
}

void TargetRunner::pause_before_retry(Moment now) {
  const base::Duration pause = retry_delay(record_.identity().name, ++retries_);
  retry_at_ = now.steady + pause;
  deadline_ += pause;
  abandon_at_ += pause;
  state_ = State::pausing;
  record_.update([&](TargetStatus& status) { ++status.checks[index_].retries; });
}

// No verdict: that we have no descriptor says nothing about the target. Its health gets older, and
// shows it.
void TargetRunner::no_descriptor(Moment now) {
  if (state_ == State::overdue) {  // judged already, and between two addresses the kernel ran short
    state_ = State::idle;
    return;
  }
  assert(state_ == State::asking);
  record_.update([&](TargetStatus& status) {
    skip_rest(index_, Skip::limit, status);
    end_round(now, status);
  });
  state_ = State::idle;
}

void TargetRunner::drop() {
  if (state_ == State::idle || state_ == State::overdue) return;
  record_.update([&](TargetStatus& status) {
    for (std::size_t i = index_; i < plan_->checks.size(); ++i) --status.checks[i].planned;
  });
  state_ = State::idle;
}

void TargetRunner::skip_rest(std::size_t from, Skip reason, TargetStatus& status) {
  for (std::size_t i = from; i < plan_->checks.size(); ++i) {
    count_skip(status.checks[i], reason, 1);
    round_.skipped(plan_->checks[i].decides_health);
  }
}

void TargetRunner::end_round(Moment now, TargetStatus& status) {
  if (!round_.has_verdict()) return;
  has_had_round_ = true;
  status.last_probe = now.wall;
  if (const std::optional<probe::RoundResult> result = round_.result()) {
    status.health.record(*result, now.steady);
    status.deciding_check = round_.deciding_check();
    if (result->outcome_class == probe::OutcomeClass::pass) status.last_success = now.wall;
  }
  notice_health(now, status);
}

void TargetRunner::notice_health(Moment now, const TargetStatus& status) {
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

std::shared_ptr<const std::string> TargetRunner::detail_of(const probe::Verdict& verdict) {
  std::shared_ptr<const std::string>& kept = details_[index_];
  if (verdict.detail.empty()) {
    kept = nullptr;
  } else if (kept == nullptr || *kept != verdict.detail) {
    kept = std::make_shared<const std::string>(verdict.detail);
  }
  return kept;
}

}  // namespace schedule
