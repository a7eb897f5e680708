#include "schedule/readings.h"

namespace schedule {

void keep_readings(const probe::Verdict& verdict, const CheckPlan& plan, base::TimePoint now,
                   state::CheckStatus& check, state::TargetStatus& status) {
  if (verdict.script_output != nullptr) {
    check.script_output = verdict.script_output;
    check.script_output_taken = now;
  }
  if (verdict.status_page == nullptr) return;
  status.pool.keep(verdict.status_page, now);
  status.pool.asked_pool_itself = !plan.asks_status_address;
}

probe::StatusAddressAnswer meaning_of(const probe::Verdict& verdict) {
  using probe::Outcome;
  using probe::StatusAddressAnswer;
  // A connect that nobody completes is a wrong address or a firewall, unless its queue is full: a
  // stopped master's kernel still completes it.
  const bool has_full_queue = verdict.outcome == Outcome::connect_timeout &&
                              verdict.outcome_class == probe::OutcomeClass::busy;
  if (verdict.outcome == Outcome::response_timeout || verdict.outcome == Outcome::backlog_full ||
      has_full_queue) {
    return StatusAddressAnswer::timed_out;
  }
  if (verdict.status_page == nullptr || !verdict.status_page->idle_processes) {
    return StatusAddressAnswer::unusable;
  }
  return *verdict.status_page->idle_processes == 0 ? StatusAddressAnswer::no_idle_worker
                                                   : StatusAddressAnswer::idle_worker;
}

}  // namespace schedule
