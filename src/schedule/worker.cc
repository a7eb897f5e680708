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
#include "schedule/log.h"
#include "schedule/probe_connection.h"
#include "schedule/target_runner.h"

namespace schedule {
namespace {

// The vitals say how long ago the loop turned; with nothing to do it turns for that alone.
constexpr base::Duration kMaxSleep = std::chrono::seconds(1);

// Due targets per turn: a probe begun costs about 50 us, and answers that are waiting age
// meanwhile.
constexpr int kMaxDuePerTurn = 16;

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
  using Key = std::uint64_t;  // of a target in events_, timers_ and targets_; never used again

  enum class Arrival : std::uint8_t { at_start, later };

  struct Target {
    Target(Loop& loop, Key key_given, std::shared_ptr<const TargetPlan> plan_given,
           std::function<void()> when_name_known)
        : key(key_given),
          plan(std::move(plan_given)),
          runner(plan, loop.context_.vitals.schedule_delays, moment().steady),
          connection(loop.around_, *plan->record, key, std::move(when_name_known)) {}

    const Key key;
    const std::shared_ptr<const TargetPlan> plan;
    TargetRunner runner;
    ProbeConnection connection;
    std::optional<base::TimePoint> armed;  // its timer
    bool counts_for_ready = false;         // known at start, and its first round is still to come
  };

  void turn();
  base::TimePoint wake_up_time() const;
  void run_due();

  void adopt(const Plan& plan, Arrival arrival);
  void add(std::shared_ptr<const TargetPlan> plan, Arrival arrival);
  void leave(Target& target);

  Target* find(Key key);
  void on_socket(Key key);
  void on_name(Key key);
  void drive(Target& target);
  void perform(Target& target, TargetRunner::Do what, Moment now);
  void time_out(Target& target, Moment now);
  void report(Target& target, ProbeConnection::Progress progress, Moment now);
  probe::Evidence evidence_about(const Target& target) const;
  void tell(Target& target);

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
  Key next_key_ = 0;
  std::unordered_map<Key, Target> targets_;
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
  run_due();
}

base::TimePoint Worker::Loop::wake_up_time() const {
  const base::TimePoint latest = events_->now() + kMaxSleep;
  return std::min(timers_.next_due().value_or(latest), latest);
}

void Worker::Loop::run_due() {
  for (int i = 0; i < kMaxDuePerTurn; ++i) {
    const std::optional<Key> key = timers_.pop_due(events_->now());
    if (!key) return;
    Target& target = targets_.at(*key);
    target.armed.reset();
    drive(target);
  }
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
  const Key key = next_key_++;
  auto when_name_known = [this, key, events = events_] {
    events->post([this, key] { on_name(key); });
  };
  const auto added =
      targets_.try_emplace(key, *this, key, std::move(plan), std::move(when_name_known));
  Target& target = added.first->second;
  target.counts_for_ready = arrival == Arrival::at_start;
  drive(target);
}

void Worker::Loop::leave(Target& target) {
  target.runner.drop();
  timers_.cancel(target.key);
  if (target.counts_for_ready) context_.vitals.targets_without_first_round.fetch_sub(1);
}

void Worker::Loop::on_socket(Key key) {
  Target* target = find(key);
  if (target == nullptr) return;
  const Moment now = moment();
  report(*target, target->connection.advance(now.steady), now);
  drive(*target);
}

void Worker::Loop::on_name(Key key) {
  Target* target = find(key);
  if (target == nullptr) return;
  const Moment now = moment();
  report(*target, target->connection.name_known(now.steady), now);
  drive(*target);
}

Worker::Loop::Target* Worker::Loop::find(Key key) {
  const auto found = targets_.find(key);
  return found == targets_.end() ? nullptr : &found->second;
}

// Does all that is to be done now and sets the timer for what comes next.
void Worker::Loop::drive(Target& target) {
  while (true) {
    // Read anew for each: phases count from here, and those before it in this turn took their time.
    const Moment now = moment();
    const TargetRunner::Do what = target.runner.next(now);
    if (what == TargetRunner::Do::wait) break;
    perform(target, what, now);
  }
  tell(target);
  const base::TimePoint due = target.runner.due();
  if (target.armed == due) return;
  target.armed = due;
  timers_.set(target.key, due);
}

void Worker::Loop::perform(Target& target, TargetRunner::Do what, Moment now) {
  const TargetRunner& runner = target.runner;
  switch (what) {
    case TargetRunner::Do::wait:
      break;
    case TargetRunner::Do::begin: {
      const std::string& name = target.plan->record->identity().checks[runner.check_index()];
      report(target, target.connection.begin(runner.check(), name, now.steady), now);
      break;
    }
    case TargetRunner::Do::time_out:
      time_out(target, now);
      break;
    case TargetRunner::Do::close:
      target.connection.close();
      break;
  }
}

void Worker::Loop::time_out(Target& target, Moment now) {
  ProbeConnection& connection = target.connection;
  const ProbeConnection::Progress progress = connection.advance(now.steady);
  if (progress != ProbeConnection::Progress::under_way) return report(target, progress, now);
  const bool stays_open = connection.has_exchange();
  const probe::Attempt attempt = connection.timed_out(now.steady);
  if (stays_open) {
    target.runner.timed_out(attempt, evidence_about(target), now);
  } else {
    target.runner.finished(attempt, evidence_about(target), now);
  }
}

void Worker::Loop::report(Target& target, ProbeConnection::Progress progress, Moment now) {
  switch (progress) {
    case ProbeConnection::Progress::under_way:
      break;
    case ProbeConnection::Progress::finished:
      target.runner.finished(target.connection.take_attempt(), evidence_about(target), now);
      break;
    case ProbeConnection::Progress::no_descriptor:
      target.runner.no_descriptor(now);
      break;
  }
}

// Nothing is gathered yet: a silent pool can then not be told from a busy one, and the judge says
// so.
probe::Evidence Worker::Loop::evidence_about(const Target&) const {
  return {};
}

void Worker::Loop::tell(Target& target) {
  const state::TargetIdentity& identity = target.plan->record->identity();
  if (const auto judged = target.runner.take_judged()) log_verdict(identity, *judged);
  if (const auto transition = target.runner.take_transition())
    log_transition(identity, *transition);
  if (target.counts_for_ready && target.runner.has_had_round()) {
    target.counts_for_ready = false;
    context_.vitals.targets_without_first_round.fetch_sub(1);
  }
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
