#include "schedule/lane.h"

#include <algorithm>
#include <utility>

#include "schedule/cadence.h"

namespace schedule {
namespace {

const base::Address& address_of(const TargetPlan& plan, LaneRunner::Asks which) {
  return which == LaneRunner::Asks::status_address ? *plan.status_address
                                                   : plan.record->identity().address;
}

bool has_check(const TargetPlan& plan, bool (*belongs)(const CheckPlan&)) {
  return std::ranges::any_of(plan.checks, belongs);
}

bool asks_status_address(const CheckPlan& check) {
  return check.asks_status_address;
}

}  // namespace

Lane::Lane(const LaneContext& context, LaneKey key_given,
           const std::shared_ptr<const TargetPlan>& plan, LaneRunner::Asks which,
           base::TimePoint now)
    : key(key_given),
      runner(plan, which, context.delays, now),
      connection(context.around, plan->record->identity().name, address_of(*plan, which), key),
      queue(context.queues) {
  queue.follow(connection.asked_address());
}

WatchedTarget::WatchedTarget(const LaneContext& context, LaneKey key,
                             std::shared_ptr<const TargetPlan> plan_given, base::TimePoint now)
    : plan(std::move(plan_given)), pool(context, key, plan, LaneRunner::Asks::pool, now) {
  plan->record->update(
      [this](const state::TargetStatus& status) { shown_queue_ = status.listen_queue; });
  using Asks = LaneRunner::Asks;
  if (plan->status_address && has_check(*plan, asks_status_address)) {
    status_address = std::make_unique<Lane>(context, key + 1, plan, Asks::status_address, now);
  }
  if (has_check(*plan, is_script)) {
    script = std::make_unique<Lane>(context, key + 2, plan, Asks::script, now);
  }
}

Lane& WatchedTarget::lane(LaneKey key) {
  if (status_address && key == status_address->key) return *status_address;
  if (script && key == script->key) return *script;
  return pool;
}

bool WatchedTarget::has_evidence(const net::QueueTable* table, base::TimePoint since) const {
  if (status_address && status_address->runner.is_asking()) return false;
  return table != nullptr && table->taken() >= std::max(since, pool.connection.connect_began());
}

probe::Evidence WatchedTarget::evidence_about(const Lane& lane,
                                              const net::QueueTable* table) const {
  return evidence_about(lane, table, lane.queue.read(table));
}

probe::Evidence WatchedTarget::evidence_about(
    const Lane& lane, const net::QueueTable* table,
    const std::optional<probe::ListenQueue>& queue) const {
  probe::Evidence evidence;
  const bool is_younger = table != nullptr && table->taken() >= lane.connection.connect_began();
  if (is_younger) evidence.listen_queue = queue;
  if (&lane == &pool) evidence.status_address = status_answer();
  return evidence;
}

probe::StatusAddressAnswer WatchedTarget::status_answer() const {
  using probe::StatusAddressAnswer;
  if (!status_address) return StatusAddressAnswer::not_configured;
  const LaneRunner& runner = status_address->runner;
  if (runner.is_asking()) return StatusAddressAnswer::unusable;
  // Asked before our request had waited a while, a page proves nothing about it.
  const base::Duration settled = status_offset(plan->interval, plan->timeout) / 2;
  const bool is_younger = runner.probe_began() >= pool.runner.probe_began() + settled;
  return is_younger ? runner.answer() : StatusAddressAnswer::unusable;
}

void WatchedTarget::look(const net::QueueTable* table) {
  pool.follow_asked_address();
  const std::optional<probe::ListenQueue> queue = pool.queue.read(table);
  show_queue(queue);
  pool.runner.learn(evidence_about(pool, table, queue));
  if (!status_address) return;
  status_address->follow_asked_address();
  status_address->runner.learn(evidence_about(*status_address, table));
}

void WatchedTarget::show_queue(const std::optional<probe::ListenQueue>& queue) {
  if (queue == shown_queue_) return;
  shown_queue_ = queue;
  plan->record->update([&](state::TargetStatus& status) { status.listen_queue = queue; });
}

}  // namespace schedule
