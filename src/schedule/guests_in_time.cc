// Guests and time: how long they wait, what is said of a probe that nobody has answered, and how
// long its exchange stays open.
#include <algorithm>
#include <utility>

#include "probe/judge.h"
#include "probe/wording.h"
#include "schedule/guests.h"

namespace schedule {

void Guests::arm(Run& run) {
  timers_.set(run.key, due(run));
}

base::TimePoint Guests::due(const Run& run) const {
  if (run.is_unattended) return std::min(run.abandon_at, run.yield_at);
  base::TimePoint verdict = std::min(run.check_deadline, run.guest.first_deadline());
  if (!run.has_asked_for_evidence) verdict -= kMaxEvidenceWait;
  return std::min(verdict, run.yield_at);
}

void Guests::run_due(base::TimePoint now) {
  constexpr int kMaxPerTurn = 64;
  for (int i = 0; i < kMaxPerTurn; ++i) {
    const auto key = timers_.pop_due(now);
    if (!key) return;
    on_due(*runs_.at(*key), base::Clock::now());
  }
}

void Guests::on_due(Run& run, base::TimePoint now) {
  if (give_way(run, now)) return;
  if (run.is_unattended) return abandon_unless_queued(run, now);
  if (std::min(run.check_deadline, run.guest.first_deadline()) <= now) return time_out(run, now);
  run.has_asked_for_evidence = true;
  if (run.state != Run::State::joined) queues_.refresh([] {});
  arm(run);
}

// The lane whose beat has waited for this exchange does so no longer.
bool Guests::give_way(Run& run, base::TimePoint now) {
  if (run.yield_at > now) return false;
  const SeatKey key = run.seat;
  connection_at(key).close();
  stand_up(run);
  if (run.is_unattended) {
    remove(run);
  } else {
    run.state = Run::State::waiting;
    find(key)->others.push_back(&run);
    arm(run);
  }
  release(key);
  return true;
}

void Guests::time_out(Run& run, base::TimePoint now) {
  const SeatKey key = run.seat;
  if (run.state == Run::State::asking) {
    const auto progress = connection_at(key).advance(now);
    if (progress != ProbeConnection::Progress::under_way) {
      progressed(key, progress, now);
      return;
    }
  }
  const auto current = [this, &run, now](const GuestRun::Waiter& waiter) {
    return unanswered(run, waiter, now);
  };
  run.guest.see_queue(evidence_at(run).listen_queue);
  if (run.check_deadline > now) {
    run.guest.answer_due(now, current);
  } else if (run.guest.check().asks_status_address && run.guest.last_deadline() > now) {
    // What is left behind there costs the pool nothing, and the pool is still to be asked.
    probe::CheckReport report = current(run.guest.last_waiter());
    if (run.state == Run::State::asking) connection_at(key).close();
    return settle(run, std::move(report));
  } else {
    run.guest.answer_all(now, current);
  }
  run.guest.has_waiters() ? arm(run) : leave(run);
}

// As a lane does: an entry that is still in the pool's queue is not made a dead one.
void Guests::abandon_unless_queued(Run& run, base::TimePoint now) {
  const TargetPlan& plan = run.guest.plan();
  const auto queue = evidence_at(run).listen_queue;
  const bool is_queued = queue && queue->length > 0;
  if (now < run.abandon_at) return arm(run);
  if (is_queued && now < run.began + kMaxQueuedTimes * plan.abandon_after) {
    run.abandon_at = now + kQueuedAgain;
    return arm(run);
  }
  const SeatKey key = run.seat;
  connection_at(key).close();
  stand_up(run);
  remove(run);
  release(key);
}

probe::Evidence Guests::evidence_at(const Run& run) {
  const auto table = queues_.table();
  Lane* const lane = lane_at(run.seat);
  const bool is_lanes_own = lane != nullptr && run.state != Run::State::asking;
  if (is_lanes_own) {
    if (find(run.seat)->holder == nullptr)
      return host_.find(run.seat)->evidence_about(*lane, table.get());
  }
  probe::Evidence evidence;
  evidence.status_address = run.guest.status_answer();
  const bool is_younger =
      table != nullptr && table->taken() >= connection_at(run.seat).connect_began();
  if (is_younger) evidence.listen_queue = queue_at(run.seat).read(table.get());
  return evidence;
}

probe::CheckReport Guests::report_of(Run& run, probe::Attempt attempt,
                                     const probe::Evidence& evidence) {
  probe::CheckReport report;
  report.check = run.guest.check_name();
  report.decides = run.guest.check().decides_health;
  report.at_status_address = run.guest.check().asks_status_address;
  report.verdict = probe::judge(attempt, *run.guest.check().check, evidence);
  report.attempt = std::move(attempt);
  if (!report.at_status_address) {
    const auto table = queues_.table();
    run.guest.see_queue(queue_at(run.seat).read(table.get()));
  }
  if (run.state == Run::State::asking) {
    report.conversation = connection_at(run.seat).take_conversation();
    if (run.guest.check().answer_is_private) report.answer_shown = probe::AnswerShown::hidden;
  }
  return report;
}

// The check in turn for somebody whose time is over. Where another exchange is open it is that one
// which is silent, and only the waiting was this one's.
probe::CheckReport Guests::unanswered(Run& run, const GuestRun::Waiter& waiter,
                                      base::TimePoint now) {
  ProbeConnection& connection = connection_at(run.seat);
  const bool is_own = run.state == Run::State::asking && !run.is_left_over;
  probe::Attempt attempt;
  attempt.end = probe::End::timed_out;
  attempt.reached = is_own ? probe::Phase::resolve : probe::Phase::connect;
  if (connection.has_exchange()) attempt = connection.timed_out(now);
  const base::Duration open_for = now - connection.connect_began();
  if (!is_own || !connection.has_exchange()) {
    attempt.phases = {};
    attempt.elapsed = now - std::max(waiter.asked, is_own ? run.began : waiter.asked);
    attempt.phases[static_cast<std::size_t>(attempt.reached)] = attempt.elapsed;
  }
  probe::CheckReport report = report_of(run, std::move(attempt), evidence_at(run));
  report.is_joined = !is_own;
  if (!is_own && connection.has_exchange()) {
    report.verdict.detail += "; an exchange of ours has been open there for " +
                             probe::readable(open_for) + ", and none was added to it";
  }
  return report;
}

}  // namespace schedule
