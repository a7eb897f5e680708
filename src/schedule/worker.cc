#include "schedule/worker.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <span>
#include <unordered_set>
#include <utility>

#include "schedule/worker_loop.h"

namespace schedule {
namespace {

// The vitals say how long ago the loop turned; with nothing to do it turns for that alone.
constexpr base::Duration kMaxSleep = std::chrono::seconds(1);

// Due targets per turn: a probe begun costs about 50 us, and answers that are waiting age
// meanwhile.
constexpr int kMaxDuePerTurn = 16;

// The queues are sampled once a second; what is shown of them is younger than two.
constexpr base::Duration kLookInterval = net::kQueueSampleInterval / 2;

}  // namespace

Worker::Loop::Loop(WorkerContext context, Plan plan)
    : context_(context),
      vitals_(context.vitals.worker(context.index)),
      around_{.events = *events_,
              .lookups = context.lookups,
              .descriptors = context.descriptors,
              .in_flight = vitals_.probes_in_flight,
              .when_name_known = [this](std::uint64_t key) { return when_name_known(key); }},
      first_plan_(std::move(plan)),
      guests_(around_, context.listen_queues, host()) {}

Guests::Host Worker::Loop::host() {
  return {.find = [this](LaneKey key) { return find(key); },
          .begin_now = [this](LaneKey key) { begin_now(key); }};
}

std::function<void()> Worker::Loop::when_name_known(LaneKey key) {
  return [this, key, events = events_] { events->post([this, key] { on_name(key); }); };
}

void Worker::Loop::run() {
  adopt(std::exchange(first_plan_, {}), Arrival::at_start);
  while (!is_stopping_.load(std::memory_order_acquire)) turn();
  events_->run_posted();
  guests_.stop();
  adopt({}, Arrival::later);
}

void Worker::Loop::stop() {
  is_stopping_.store(true, std::memory_order_release);
  events_->wake();
}

void Worker::Loop::replace(Plan plan) {
  events_->post([this, plan = std::move(plan)] { adopt(plan, Arrival::later); });
}

void Worker::Loop::ask(GuestRequest request) {
  events_->post([this, request = std::move(request)] { guests_.ask(request); });
}

// What is readable comes first: an answer that is there is no time-out.
void Worker::Loop::turn() {
  const std::span<const net::Ready> ready = events_->wait(wake_up_time());
  vitals_.last_turn.store(events_->now().time_since_epoch().count(), std::memory_order_relaxed);
  for (const net::Ready& each : ready) on_socket(each.key);
  events_->run_posted();
  look_at_queues();
  guests_.run_due(events_->now());
  run_due();
}

base::TimePoint Worker::Loop::wake_up_time() const {
  const base::TimePoint latest = events_->now() + kMaxSleep;
  const base::TimePoint look = targets_.empty() ? latest : next_look_;
  return std::min(
      {timers_.next_due().value_or(latest), guests_.next_due().value_or(latest), look, latest});
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
  guests_.settle_down();
}

void Worker::Loop::add(const std::shared_ptr<const TargetPlan>& plan, Arrival arrival) {
  const LaneKey key = std::exchange(next_key_, next_key_ + kKeysPerTarget);
  const LaneContext context{.around = around_,
                            .delays = context_.vitals.schedule_delays,
                            .queues = context_.listen_queues};
  const auto added = targets_.try_emplace(key, context, key, plan, moment().steady);
  WatchedTarget& target = added.first->second;
  target.counts_for_ready = arrival == Arrival::at_start;
  target.for_each_lane([&](Lane& lane) {
    guests_.lane_came(lane);
    drive(target, lane);
  });
}

void Worker::Loop::leave(WatchedTarget& target) {
  target.for_each_lane([this](Lane& lane) {
    lane.runner.drop();
    timers_.cancel(lane.key);
    guests_.lane_leaves(lane);
  });
  if (target.counts_for_ready) context_.vitals.targets_without_first_round.fetch_sub(1);
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

void Worker::ask(GuestRequest request) {
  loop_->ask(std::move(request));
}

void Worker::replace(Plan plan) {
  loop_->replace(std::move(plan));
}

}  // namespace schedule
