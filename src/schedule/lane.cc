#include "schedule/lane.h"

#include <utility>

#include "schedule/cadence.h"

namespace schedule {
namespace {

const base::Address& address_of(const TargetPlan& plan, LaneRunner::Lane which) {
  return which == LaneRunner::Lane::pool ? plan.record->identity().address : *plan.status_address;
}

bool asks_status_address(const TargetPlan& plan) {
  if (!plan.status_address) return false;
  for (const CheckPlan& check : plan.checks) {
    if (check.asks_status_address) return true;
  }
  return false;
}

}  // namespace

Lane::Lane(const LaneContext& context, LaneKey key_given,
           const std::shared_ptr<const TargetPlan>& plan, LaneRunner::Lane which,
           base::TimePoint now)
    : key(key_given),
      runner(plan, which, context.delays, now),
      connection(context.around, *plan->record, address_of(*plan, which), key,
                 context.when_name_known(key)),
      queue(context.queues) {
  queue.follow(connection.first_address());
}

WatchedTarget::WatchedTarget(const LaneContext& context, LaneKey key,
                             std::shared_ptr<const TargetPlan> plan_given, base::TimePoint now)
    : plan(std::move(plan_given)), pool(context, key, plan, LaneRunner::Lane::pool, now) {
  if (!asks_status_address(*plan)) return;
  status_address.emplace(context, key + 1, plan, LaneRunner::Lane::status_address, now);
}

bool WatchedTarget::has_evidence(const net::QueueTable* table, base::TimePoint since) const {
  if (status_address && status_address->runner.is_asking()) return false;
  return table != nullptr && table->taken() >= since;
}

probe::Evidence WatchedTarget::evidence_about(const Lane& lane,
                                              const net::QueueTable* table) const {
  probe::Evidence evidence;
  const bool is_younger = table != nullptr && table->taken() >= lane.runner.probe_began();
  if (is_younger) evidence.listen_queue = lane.queue.read(table);
  if (&lane == &pool) evidence.status_address = status_answer();
  return evidence;
}

probe::StatusAddressAnswer WatchedTarget::status_answer() const {
  using probe::StatusAddressAnswer;
  if (!status_address) return StatusAddressAnswer::not_configured;
  const LaneRunner& runner = status_address->runner;
  if (runner.is_judged()) return StatusAddressAnswer::timed_out;
  if (runner.is_asking()) return StatusAddressAnswer::unusable;
  // Asked before our request had waited a while, a page proves nothing about it.
  const base::Duration settled = status_offset(plan->interval, plan->timeout) / 2;
  const bool is_younger = runner.probe_began() >= pool.runner.probe_began() + settled;
  return is_younger ? runner.answer() : StatusAddressAnswer::unusable;
}

void WatchedTarget::look(const net::QueueTable* table) {
  pool.queue.follow(pool.connection.first_address());
  show_queue(pool.queue.read(table));
  pool.runner.learn(evidence_about(pool, table));
  if (!status_address) return;
  status_address->queue.follow(status_address->connection.first_address());
  status_address->runner.learn(evidence_about(*status_address, table));
}

void WatchedTarget::show_queue(const std::optional<probe::ListenQueue>& queue) {
  if (queue == shown_queue_) return;
  shown_queue_ = queue;
  plan->record->update([&](state::TargetStatus& status) { status.listen_queue = queue; });
}

}  // namespace schedule
