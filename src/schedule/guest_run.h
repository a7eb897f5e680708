// The checks of one guest question, asked one after the other, and those who wait for the answer.
// Pure: no socket, no clock; a value of Guests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "probe/evidence.h"
#include "probe/one_shot.h"
#include "schedule/guest.h"
#include "schedule/plan.h"

namespace schedule {

class GuestRun {
 public:
  struct Waiter {
    base::TimePoint asked;
    base::Duration limit;
    std::function<void(probe::OneShotReport)> done;

    base::TimePoint deadline() const { return asked + limit; }
  };

  // What is asked at the status address comes first: it answers while every worker is busy, and
  // what it says explains the silence of the pool.
  explicit GuestRun(GuestQuestion question);

  const GuestQuestion& question() const { return question_; }
  const TargetPlan& plan() const { return *question_.plan; }

  // The check in turn.
  std::size_t check_index() const { return order_[turn_]; }
  const CheckPlan& check() const { return plan().checks[check_index()]; }
  const std::string& check_name() const;
  const base::Address& address() const;
  // When it is timed out, if it is begun now. What the status address has to say must not take the
  // time that the pool itself needs.
  base::TimePoint check_deadline(base::TimePoint now) const;

  void add(Waiter waiter) { waiters_.push_back(std::move(waiter)); }
  bool has_waiters() const { return !waiters_.empty(); }
  base::TimePoint first_deadline() const;  // REQUIRES: has_waiters()
  base::TimePoint last_deadline() const { return last_waiter().deadline(); }
  const Waiter& last_waiter() const;  // with the last deadline; REQUIRES: has_waiters()

  // The check in turn has ended. False: it was the last, or nobody is there to answer the others.
  bool settle(probe::CheckReport report);
  // What the run itself has learned at the status address, as evidence about the pool.
  probe::StatusAddressAnswer status_answer() const;
  void see_queue(const std::optional<probe::ListenQueue>& queue) { listen_queue_ = queue; }
  // What was found out for others is not told to those who come later.
  void forget_reports() { reports_.clear(); }
  // From its first check on, for those who wait.
  void start_over();

  // Answers everybody, or those whose time is over; `current`: the check in turn as it stands for
  // one of them, when it has not ended.
  using Current = std::function<probe::CheckReport(const Waiter&)>;
  void answer_all(base::TimePoint now, const Current& current);
  void answer_due(base::TimePoint now, const Current& current);
  void answer_all(probe::OneShotReport::End end, const std::string& problem, base::TimePoint now);

 private:
  void answer(const Waiter& waiter, base::TimePoint now, const Current& current);

  const GuestQuestion question_;
  std::vector<std::size_t> order_;  // indices of the plan's checks
  std::size_t turn_ = 0;            // of order_; its size when all have ended
  std::vector<probe::CheckReport> reports_;
  std::optional<probe::ListenQueue> listen_queue_;
  std::vector<Waiter> waiters_;
};

}  // namespace schedule
