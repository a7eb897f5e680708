#include "schedule/guest_run.h"

#include <algorithm>
#include <utility>

#include "schedule/readings.h"

namespace schedule {

GuestRun::GuestRun(GuestQuestion question) : question_(std::move(question)) {
  for (std::size_t i = 0; i < plan().checks.size(); ++i) order_.push_back(i);
  std::stable_partition(order_.begin(), order_.end(),
                        [this](std::size_t i) { return plan().checks[i].asks_status_address; });
}

const std::string& GuestRun::check_name() const {
  return plan().record->identity().checks[check_index()];
}

const base::Address& GuestRun::address() const {
  return check().asks_status_address ? *plan().status_address : plan().record->identity().address;
}

base::TimePoint GuestRun::check_deadline(base::TimePoint now) const {
  const base::TimePoint own = now + plan().timeout;
  if (!check().asks_status_address || !has_waiters()) return own;
  return std::min(own, now + std::max((last_deadline() - now) / 2, base::Duration::zero()));
}

base::TimePoint GuestRun::first_deadline() const {
  return std::ranges::min_element(waiters_, {}, &Waiter::deadline)->deadline();
}

const GuestRun::Waiter& GuestRun::last_waiter() const {
  return *std::ranges::max_element(waiters_, {}, &Waiter::deadline);
}

// Where nobody answers at all, the other checks would only be told the same; at the status address
// it is somebody else who answers.
bool GuestRun::settle(probe::CheckReport report) {
  const bool is_answered = probe::is_whole_answer(report.verdict.outcome);
  const bool goes_on = is_answered || check().asks_status_address;
  reports_.push_back(std::move(report));
  ++turn_;
  return goes_on && turn_ < order_.size();
}

probe::StatusAddressAnswer GuestRun::status_answer() const {
  using probe::StatusAddressAnswer;
  for (const probe::CheckReport& report : reports_) {
    if (!report.at_status_address) continue;
    const StatusAddressAnswer said = meaning_of(report.verdict);
    // The page is older than the request it should explain.
    return said == StatusAddressAnswer::idle_worker ? StatusAddressAnswer::unusable : said;
  }
  return StatusAddressAnswer::not_configured;
}

void GuestRun::start_over() {
  turn_ = 0;
  reports_.clear();
  listen_queue_.reset();
}

void GuestRun::answer(const Waiter& waiter, base::TimePoint now, const Current& current) {
  probe::OneShotReport report;
  report.checks = reports_;
  if (current) report.checks.push_back(current(waiter));
  for (const std::size_t i : order_) {
    const std::string& name = plan().record->identity().checks[i];
    if (std::ranges::find(report.checks, name, &probe::CheckReport::check) != report.checks.end()) {
      continue;
    }
    report.not_asked.push_back(name);
    report.misses_a_decider = report.misses_a_decider || plan().checks[i].decides_health;
  }
  report.limit = waiter.limit;
  report.elapsed = now - waiter.asked;
  report.listen_queue = listen_queue_;
  waiter.done(std::move(report));
}

void GuestRun::answer_all(base::TimePoint now, const Current& current) {
  for (const Waiter& waiter : std::exchange(waiters_, {})) answer(waiter, now, current);
}

void GuestRun::answer_due(base::TimePoint now, const Current& current) {
  std::vector<Waiter> due;
  std::erase_if(waiters_, [&](Waiter& waiter) {
    const bool is_due = waiter.deadline() <= now;
    if (is_due) due.push_back(std::move(waiter));
    return is_due;
  });
  for (const Waiter& waiter : due) answer(waiter, now, current);
}

void GuestRun::answer_all(probe::OneShotReport::End end, const std::string& problem,
                          base::TimePoint now) {
  for (const Waiter& waiter : std::exchange(waiters_, {})) {
    probe::OneShotReport report;
    report.end = end;
    report.problem = problem;
    report.limit = waiter.limit;
    report.elapsed = now - waiter.asked;
    waiter.done(std::move(report));
  }
}

}  // namespace schedule
