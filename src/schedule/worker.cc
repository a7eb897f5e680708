#include "schedule/worker.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/timers.h"
#include "net/event_loop.h"
#include "schedule/lane.h"
#include "schedule/log.h"

namespace schedule {
namespace {

// The vitals say how long ago the loop turned; with nothing to do it turns for that alone.
constexpr base::Duration kMaxSleep = std::chrono::seconds(1);

// Due targets per turn: a probe begun costs about 50 us, and answers that are waiting age
// meanwhile.
constexpr int kMaxDuePerTurn = 16;

// The queues are sampled once a second; what is shown of them is younger than two.
constexpr base::Duration kLookInterval = net::kQueueSampleInterval / 2;

// Lanes of a target have neighbouring keys.
constexpr LaneKey kKeysPerTarget = 4;

Moment moment() {
  return {.steady = base::Clock::now(), .wall = std::chrono::system_clock::now()};
}

}  // namespace

class Worker::Loop {
 public:
  Loop(WorkerContext context, Plan plan);

  void run();
  void stop();
  void replace(Plan plan);

 private:
  enum class Arrival : std::uint8_t { at_start, later };

  void turn();
  base::TimePoint wake_up_time() const;
  void run_due();

  void adopt(const Plan& plan, Arrival arrival);
  void add(std::shared_ptr<const TargetPlan> plan, Arrival arrival);
  void leave(WatchedTarget& target);

  WatchedTarget* find(LaneKey key);
  void on_socket(LaneKey key);
  void on_name(LaneKey key);
  void on_evidence(LaneKey key);
  void tell_pool(WatchedTarget& target, const Lane& lane);
  void look_at_queues();
  void drive(WatchedTarget& target, Lane& lane);
  void perform(WatchedTarget& target, Lane& lane, LaneRunner::Do what, Moment now);
  void time_out(WatchedTarget& target, Lane& lane, Moment now);
  bool waits_for_evidence(WatchedTarget& target, Lane& lane, Moment now);
  void report(WatchedTarget& target, Lane& lane, ProbeConnection::Progress progress, Moment now);
  void tell(WatchedTarget& target, Lane& lane);
  void keep_failure(const WatchedTarget& target, const Judged& judged,
                    probe::Conversation&& conversation);

  const WorkerContext context_;
  state::WorkerVitals& vitals_;
  std::atomic<bool> is_stopping_ = false;
  // Shared with callbacks in the look-up thread, which may outlive the worker: what they post then
  // is never run.
  const std::shared_ptr<net::EventLoop> events_ = std::make_shared<net::EventLoop>();
  const Surroundings around_;
  Plan first_plan_;

  // Only of the thread in run().
  base::Timers timers_;
  LaneKey next_key_ = 0;
  std::unordered_map<LaneKey, WatchedTarget> targets_;  // by the key of the pool's lane
  std::shared_ptr<const net::QueueTable> queues_;       // the last sample that anybody asked for
  std::shared_ptr<const net::QueueTable> looked_at_;    // the last that every target has seen
  base::TimePoint next_look_{};
  QueueProblemLog queue_problem_;
};

Worker::Loop::Loop(WorkerContext context, Plan plan)
    : context_(context),
      vitals_(context.vitals.worker(context.index)),
      around_{.events = *events_,
              .lookups = context.lookups,
              .descriptors = context.descriptors,
              .in_flight = vitals_.probes_in_flight},
      first_plan_(std::move(plan)) {}

void Worker::Loop::run() {
  adopt(std::exchange(first_plan_, {}), Arrival::at_start);
  while (!is_stopping_.load(std::memory_order_acquire)) turn();
  adopt({}, Arrival::later);
}

void Worker::Loop::stop() {
  is_stopping_.store(true, std::memory_order_release);
  events_->wake();
}

void Worker::Loop::replace(Plan plan) {
  events_->post([this, plan = std::move(plan)] { adopt(plan, Arrival::later); });
}

// What is readable comes first: an answer that is there is no time-out.
void Worker::Loop::turn() {
  const std::span<const net::Ready> ready = events_->wait(wake_up_time());
  vitals_.last_turn.store(events_->now().time_since_epoch().count(), std::memory_order_relaxed);
  for (const net::Ready& each : ready) on_socket(each.key);
  events_->run_posted();
  look_at_queues();
  run_due();
}

base::TimePoint Worker::Loop::wake_up_time() const {
  const base::TimePoint latest = events_->now() + kMaxSleep;
  const base::TimePoint look = targets_.empty() ? latest : next_look_;
  return std::min({timers_.next_due().value_or(latest), look, latest});
}

void Worker::Loop::run_due() {
  for (int i = 0; i < kMaxDuePerTurn; ++i) {
    const std::optional<LaneKey> key = timers_.pop_due(events_->now());
    if (!key) return;
    WatchedTarget& target = *find(*key);
    Lane& lane = target.lane(*key);
    lane.armed.reset();
    drive(target, lane);
  }
}

void Worker::Loop::look_at_queues() {
  if (events_->now() < next_look_) return;
  next_look_ = events_->now() + kLookInterval;
  std::shared_ptr<const net::QueueTable> sample = context_.listen_queues.table();
  if (sample == looked_at_) return;
  looked_at_ = queues_ = std::move(sample);
  for (auto& [key, target] : targets_) target.look(queues_.get());
  if (context_.index == 0) queue_problem_.tell(context_.listen_queues.problem());
}

// Those that leave go first: the new plan of a target carries on its record.
void Worker::Loop::adopt(const Plan& plan, Arrival arrival) {
  std::unordered_set<const TargetPlan*> wanted;
  for (const auto& each : plan) wanted.insert(each.get());
  for (auto entry = targets_.begin(); entry != targets_.end();) {
    const bool stays = wanted.erase(entry->second.plan.get()) == 1;
    if (!stays) leave(entry->second);
    entry = stays ? std::next(entry) : targets_.erase(entry);
  }
  for (const auto& each : plan) {
    if (wanted.erase(each.get()) == 1) add(each, arrival);
  }
}

void Worker::Loop::add(std::shared_ptr<const TargetPlan> plan, Arrival arrival) {
  const LaneKey key = std::exchange(next_key_, next_key_ + kKeysPerTarget);
  const LaneContext context{.around = around_,
                            .delays = context_.vitals.schedule_delays,
                            .queues = context_.listen_queues,
                            .when_name_known = [this](LaneKey lane) -> std::function<void()> {
                              return [this, lane, events = events_] {
                                events->post([this, lane] { on_name(lane); });
                              };
                            }};
  const auto added = targets_.try_emplace(key, context, key, std::move(plan), moment().steady);
  WatchedTarget& target = added.first->second;
  target.counts_for_ready = arrival == Arrival::at_start;
  target.for_each_lane([&](Lane& lane) { drive(target, lane); });
}

void Worker::Loop::leave(WatchedTarget& target) {
  target.for_each_lane([this](Lane& lane) {
    lane.runner.drop();
    timers_.cancel(lane.key);
  });
  if (target.counts_for_ready) context_.vitals.targets_without_first_round.fetch_sub(1);
}

void Worker::Loop::on_socket(LaneKey key) {
  WatchedTarget* target = find(key);
  if (target == nullptr) return;
  Lane& lane = target->lane(key);
  const Moment now = moment();
  report(*target, lane, lane.connection.advance(now.steady), now);
  drive(*target, lane);
}

void Worker::Loop::on_name(LaneKey key) {
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
  if (!target.status_address || &lane != &*target.status_address) return;
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
  while (true) {
    // Read anew for each: phases count from here, and those before it in this turn took their time.
    const Moment now = moment();
    const LaneRunner::Do what = lane.runner.next(now);
    if (what == LaneRunner::Do::wait) break;
    perform(target, lane, what, now);
  }
  tell(target, lane);
  const base::TimePoint due = lane.runner.due();
  if (lane.armed == due) return;
  lane.armed = due;
  timers_.set(lane.key, due);
}

void Worker::Loop::perform(WatchedTarget& target, Lane& lane, LaneRunner::Do what, Moment now) {
  switch (what) {
    case LaneRunner::Do::wait:
      break;
    case LaneRunner::Do::begin: {
      const std::string& name = target.plan->record->identity().checks[lane.runner.check_index()];
      report(target, lane, lane.connection.begin(lane.runner.check(), name, now.steady), now);
      break;
    }
    case LaneRunner::Do::time_out:
      time_out(target, lane, now);
      break;
    case LaneRunner::Do::close:
      lane.connection.close();
      break;
  }
}

void Worker::Loop::time_out(WatchedTarget& target, Lane& lane, Moment now) {
  ProbeConnection& connection = lane.connection;
  const ProbeConnection::Progress progress = connection.advance(now.steady);
  if (progress != ProbeConnection::Progress::under_way) return report(target, lane, progress, now);
  const bool stays_open = connection.has_exchange();
  if (stays_open && waits_for_evidence(target, lane, now)) return;
  const probe::Attempt attempt = connection.timed_out(now.steady);
  const probe::Evidence evidence = target.evidence_about(lane, queues_.get());
  if (stays_open) {
    lane.runner.timed_out(attempt, evidence, now);
    tell_pool(target, lane);
  } else {
    lane.runner.finished(attempt, evidence, now);
  }
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
  lane.queue.follow(lane.connection.asked_address());
  switch (progress) {
    case ProbeConnection::Progress::under_way:
      break;
    case ProbeConnection::Progress::finished: {
      const probe::Attempt attempt = lane.connection.take_attempt();
      // An answer speaks for itself, and looking up a queue among 10,000 costs as much as judging
      // it.
      const bool is_answered = attempt.end == probe::End::answered;
      lane.runner.finished(
          attempt, is_answered ? probe::Evidence{} : target.evidence_about(lane, queues_.get()),
          now);
      tell_pool(target, lane);
      break;
    }
    case ProbeConnection::Progress::no_descriptor:
      lane.runner.no_descriptor(now);
      break;
  }
}

void Worker::Loop::tell(WatchedTarget& target, Lane& lane) {
  const state::TargetIdentity& identity = target.plan->record->identity();
  if (const auto judged = lane.runner.take_judged()) {
    log_verdict(identity, *judged);
    keep_failure(target, *judged, lane.connection.take_conversation());
  }
  if (const auto transition = lane.runner.take_transition()) log_transition(identity, *transition);
  if (target.counts_for_ready && target.pool.runner.has_had_round()) {
    target.counts_for_ready = false;
    context_.vitals.targets_without_first_round.fetch_sub(1);
  }
}

void Worker::Loop::keep_failure(const WatchedTarget& target, const Judged& judged,
                                probe::Conversation&& conversation) {
  if (judged.outcome_class == probe::OutcomeClass::pass) return;
  const bool is_private = target.plan->checks[judged.check].answer_is_private;
  context_.failures.keep(
      target.plan->record,
      {.at = moment().wall,
       .check = judged.check,
       .outcome = judged.outcome,
       .outcome_class = judged.outcome_class,
       .detail = judged.detail,
       .conversation = std::move(conversation),
       .answer_shown = is_private ? probe::AnswerShown::hidden : probe::AnswerShown::whole});
}

Worker::Worker(WorkerContext context, Plan plan)
    : loop_(std::make_unique<Loop>(context, std::move(plan))) {}

Worker::~Worker() = default;

void Worker::run() {
  loop_->run();
}

void Worker::stop() {
  loop_->stop();
}

void Worker::replace(Plan plan) {
  loop_->replace(std::move(plan));
}

}  // namespace schedule
