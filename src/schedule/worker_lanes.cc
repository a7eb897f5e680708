// What the lanes of a worker do: events, beats and verdicts.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "schedule/worker_loop.h"

namespace schedule {

void Worker::Loop::on_socket(LaneKey key) {
  if (Guests::is_room(key)) return guests_.on_socket(key);
  WatchedTarget* target = find(key);
  if (target == nullptr) return;
  Lane& lane = target->lane(key);
  const Moment now = moment();
  report(*target, lane, lane.connection.advance(now.steady), now);
  drive(*target, lane);
}

void Worker::Loop::on_name(LaneKey key) {
  if (Guests::is_room(key)) return guests_.on_name(key);
  WatchedTarget* target = find(key);
  if (target == nullptr) return;
  Lane& lane = target->lane(key);
  const Moment now = moment();
  report(*target, lane, lane.connection.name_known(now.steady), now);
  drive(*target, lane);
}

// A fresh sample, or the word of the status address: what the verdict on the pool waited for.
void Worker::Loop::on_evidence(LaneKey key) {
  WatchedTarget* target = find(key);
  if (target == nullptr) return;
  queues_ = context_.listen_queues.table();
  const Moment now = moment();
  const base::TimePoint since = now.steady - kMaxEvidenceWait - net::kQueueSampleShared;
  if (!target->has_evidence(queues_.get(), since)) return;
  target->pool.runner.evidence_came(now.steady);
  drive(*target, target->pool);
}

// What the status address said, or that it said nothing, is evidence about the pool.
void Worker::Loop::tell_pool(WatchedTarget& target, const Lane& lane) {
  if (!target.status_address || &lane != target.status_address.get()) return;
  target.pool.runner.learn(target.evidence_about(target.pool, queues_.get()));
  on_evidence(target.pool.key);
}

WatchedTarget* Worker::Loop::find(LaneKey key) {
  const auto found = targets_.find(key - key % kKeysPerTarget);
  return found == targets_.end() ? nullptr : &found->second;
}

// Does all that is to be done now and sets the timer for what comes next.
void Worker::Loop::drive(WatchedTarget& target, Lane& lane) {
  if (target.script) target.script->runner.hold_back(target.pool.runner.is_judged());
  // Read anew, as phases count from here: those before it in this turn took their time.
  Moment now = moment();
  tell(target, lane);  // of this check, before the next one's answer is in the place of its own
  for (LaneRunner::Do what = lane.runner.next(now); what != LaneRunner::Do::wait;
       what = lane.runner.next(now)) {
    perform(target, lane, what, now);
    tell(target, lane);
    if (!lane.runner.is_asking()) now = moment();
  }
  tell(target, lane);
  guests_.lane_moved(lane.key);
  const base::TimePoint due = lane.runner.due();
  if (lane.armed == due) return;
  lane.armed = due;
  timers_.set(lane.key, due);
}

void Worker::Loop::perform(WatchedTarget& target, Lane& lane, LaneRunner::Do what, Moment now) {
  switch (what) {
    case LaneRunner::Do::wait:
      break;
    case LaneRunner::Do::begin:
      if (guests_.before_begin(target, lane)) begin(target, lane, now);
      break;
    case LaneRunner::Do::time_out:
      time_out(target, lane, now);
      break;
    case LaneRunner::Do::close:
      lane.connection.close();
      break;
  }
}

void Worker::Loop::begin(WatchedTarget& target, Lane& lane, Moment now) {
  const std::string& name = target.plan->record->identity().checks[lane.runner.check_index()];
  report(target, lane, lane.connection.begin(lane.runner.check(), name, now.steady), now);
}

void Worker::Loop::begin_now(LaneKey key) {
  WatchedTarget* target = find(key);
  if (target == nullptr || !target->lane(key).runner.is_asking()) return;
  Lane& lane = target->lane(key);
  begin(*target, lane, moment());
  drive(*target, lane);
}

void Worker::Loop::time_out(WatchedTarget& target, Lane& lane, Moment now) {
  ProbeConnection& connection = lane.connection;
  const ProbeConnection::Progress progress = connection.advance(now.steady);
  if (progress != ProbeConnection::Progress::under_way) return report(target, lane, progress, now);
  const bool stays_open = connection.has_exchange();
  if (stays_open && waits_for_evidence(target, lane, now)) return;
  const probe::Attempt attempt = connection.timed_out(now.steady);
  const probe::Evidence evidence = target.evidence_about(lane, queues_.get());
  const std::size_t check = lane.runner.check_index();
  if (stays_open) {
    lane.runner.timed_out(attempt, evidence, now);
    tell_pool(target, lane);
  } else {
    lane.runner.finished(attempt, evidence, now);
  }
  guests_.lane_judged(lane.key, check, attempt, evidence);
}

bool Worker::Loop::waits_for_evidence(WatchedTarget& target, Lane& lane, Moment now) {
  queues_ = context_.listen_queues.table();
  if (&lane != &target.pool) return false;
  if (target.has_evidence(queues_.get(), now.steady - net::kQueueSampleShared)) return false;
  if (!lane.runner.may_wait_for_evidence()) return false;
  context_.listen_queues.refresh([this, key = lane.key, events = events_] {
    events->post([this, key] { on_evidence(key); });
  });
  return true;
}

void Worker::Loop::report(WatchedTarget& target, Lane& lane, ProbeConnection::Progress progress,
                          Moment now) {
  if (guests_.progressed(lane.key, progress, now.steady)) return;
  lane.follow_asked_address();
  switch (progress) {
    case ProbeConnection::Progress::under_way:
      break;
    case ProbeConnection::Progress::finished:
      finished(target, lane, now);
      break;
    case ProbeConnection::Progress::no_descriptor:
      lane.runner.no_descriptor(now);
      break;
  }
}

void Worker::Loop::finished(WatchedTarget& target, Lane& lane, Moment now) {
  const std::size_t check = lane.runner.check_index();
  const probe::Attempt& attempt = lane.connection.attempt();
  // An answer speaks for itself, and looking up a queue among 10,000 costs as much as judging it.
  probe::Evidence evidence;
  if (attempt.end != probe::End::answered) evidence = target.evidence_about(lane, queues_.get());
  lane.runner.finished(attempt, evidence, now);
  if (!lane.runner.is_asking()) guests_.lane_judged(lane.key, check, attempt, evidence);
  tell_pool(target, lane);
}

void Worker::Loop::tell(WatchedTarget& target, Lane& lane) {
  if (lane.runner.has_news()) tell_news(target, lane);
  lane.connection.forget_ended();
  if (target.counts_for_ready && target.pool.runner.has_had_round()) {
    target.counts_for_ready = false;
    context_.vitals.targets_without_first_round.fetch_sub(1);
  }
}

void Worker::Loop::tell_news(WatchedTarget& target, Lane& lane) {
  const state::TargetIdentity& identity = target.plan->record->identity();
  if (const auto judged = lane.runner.take_judged()) {
    log_verdict(identity, *judged);
    keep_failure(target, *judged, lane.connection);
  }
  if (const auto transition = lane.runner.take_transition()) log_transition(identity, *transition);
}

void Worker::Loop::keep_failure(const WatchedTarget& target, const Judged& judged,
                                ProbeConnection& connection) {
  if (judged.outcome_class == probe::OutcomeClass::pass) return;
  const bool is_private = target.plan->checks[judged.check].answer_is_private;
  context_.failures.keep(
      target.plan->record,
      {.at = moment().wall,
       .check = judged.check,
       .outcome = judged.outcome,
       .outcome_class = judged.outcome_class,
       .detail = judged.detail,
       .conversation = connection.take_conversation(),
       .answer_shown = is_private ? probe::AnswerShown::hidden : probe::AnswerShown::whole});
}

}  // namespace schedule
