// A target as its worker holds it: its lanes, each with its state machine, its connection and the
// accept queue of its address; and what they say about each other. The worker's thread alone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/time.h"
#include "net/listen_queues.h"
#include "probe/evidence.h"
#include "schedule/lane_runner.h"
#include "schedule/plan.h"
#include "schedule/probe_connection.h"
#include "schedule/watched_queue.h"
#include "state/vitals.h"

namespace schedule {

// Of a lane, in the event loop and among the timers; never used again.
using LaneKey = std::uint64_t;

// What all lanes of a worker need; outlives them.
struct LaneContext {
  const Surroundings& around;
  state::ScheduleDelays& delays;
  net::ListenQueues& queues;
};

struct Lane {
  Lane(const LaneContext& context, LaneKey key_given, const std::shared_ptr<const TargetPlan>& plan,
       LaneRunner::Asks which, base::TimePoint now);

  const LaneKey key;
  LaneRunner runner;
  ProbeConnection connection;
  WatchedQueue queue;
  std::optional<base::TimePoint> armed;  // its timer

  // After the connection may have gone to another address: only a name has several.
  void follow_asked_address() {
    if (!connection.has_fixed_address()) queue.follow(connection.asked_address());
  }
};

class WatchedTarget {
 public:
  // Takes `key` for the pool's lane and the next two for the others.
  WatchedTarget(const LaneContext& context, LaneKey key, std::shared_ptr<const TargetPlan> plan,
                base::TimePoint now);

  const std::shared_ptr<const TargetPlan> plan;
  Lane pool;
  // Null for most: each would be 0.8 KB in every one of 10,000 targets.
  std::unique_ptr<Lane> status_address;
  std::unique_ptr<Lane> script;
  bool counts_for_ready = false;  // known at start, and its first round is still to come

  Lane& lane(LaneKey key);
  template <typename Do>
  void for_each_lane(Do&& act) {
    act(pool);
    if (status_address) act(*status_address);
    if (script) act(*script);
  }

  // A sample that began before `since` is too old; what a lane is still asking will be known soon.
  bool has_evidence(const net::QueueTable* table, base::TimePoint since) const;
  // The evidence about the pool's lane in hand, or about that of the status address.
  probe::Evidence evidence_about(const Lane& lane, const net::QueueTable* table) const;
  // A new sample of the queues: for the page and for the state machines.
  void look(const net::QueueTable* table);

 private:
  probe::Evidence evidence_about(const Lane& lane, const net::QueueTable* table,
                                 const std::optional<probe::ListenQueue>& queue) const;
  probe::StatusAddressAnswer status_answer() const;
  void show_queue(const std::optional<probe::ListenQueue>& queue);

  std::optional<probe::ListenQueue> shown_queue_;
};

}  // namespace schedule
