// A worker's thread: the targets, their lanes, their sockets and timers. Two parts, one class: the
// turn, and who comes and goes (worker.cc); what the lanes do (worker_lanes.cc). Everything is the
// thread's in run() unless it says otherwise.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "base/timers.h"
#include "net/event_loop.h"
#include "schedule/guests.h"
#include "schedule/lane.h"
#include "schedule/log.h"
#include "schedule/worker.h"

namespace schedule {

// Lanes of a target have neighbouring keys.
inline constexpr LaneKey kKeysPerTarget = 4;

// Now, on both clocks.
inline Moment moment() {
  return {.steady = base::Clock::now(), .wall = std::chrono::system_clock::now()};
}

class Worker::Loop {
 public:
  Loop(WorkerContext context, Plan plan);

  void run();
  // Any thread.
  void stop();
  void replace(Plan plan);
  void ask(GuestRequest request);

 private:
  enum class Arrival : std::uint8_t { at_start, later };

  void turn();
  base::TimePoint wake_up_time() const;
  void run_due();

  void adopt(const Plan& plan, Arrival arrival);
  void add(const std::shared_ptr<const TargetPlan>& plan, Arrival arrival);
  void leave(WatchedTarget& target);

  WatchedTarget* find(LaneKey key);
  void on_socket(LaneKey key);
  void on_name(LaneKey key);
  void on_evidence(LaneKey key);
  void tell_pool(WatchedTarget& target, const Lane& lane);
  void look_at_queues();
  void drive(WatchedTarget& target, Lane& lane);
  void perform(WatchedTarget& target, Lane& lane, LaneRunner::Do what, Moment now);
  void begin(WatchedTarget& target, Lane& lane, Moment now);
  void begin_now(LaneKey key);
  void time_out(WatchedTarget& target, Lane& lane, Moment now);
  bool waits_for_evidence(WatchedTarget& target, Lane& lane, Moment now);
  void report(WatchedTarget& target, Lane& lane, ProbeConnection::Progress progress, Moment now);
  void finished(WatchedTarget& target, Lane& lane, Moment now);
  Guests::Host host();
  std::function<void()> when_name_known(LaneKey key);
  void tell(WatchedTarget& target, Lane& lane);
  void tell_news(WatchedTarget& target, Lane& lane);
  void keep_failure(const WatchedTarget& target, const Judged& judged, ProbeConnection& connection);

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
  Guests guests_;
};

}  // namespace schedule
