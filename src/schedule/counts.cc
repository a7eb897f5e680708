#include "schedule/counts.h"

#include <cstddef>

#include "probe/outcome.h"

namespace schedule {

void count_skip(state::CheckStatus& check, state::Skip reason, std::uint64_t beats) {
  check.skipped[static_cast<std::size_t>(reason)] += beats;
}

bool is_answer(const probe::Attempt& attempt, const probe::Verdict& verdict) {
  return attempt.end == probe::End::answered || verdict.outcome == probe::Outcome::pass;
}

void count_verdict(state::CheckStatus& check, const probe::Verdict& verdict,
                   const probe::Attempt& attempt, const state::Bounds& bounds) {
  ++check.probes;
  if (verdict.outcome == probe::Outcome::pass) {
    ++check.passes;
  } else {
    ++check.failures[static_cast<std::size_t>(probe::info(verdict.outcome).reason)];
  }
  check.stderr_bytes += attempt.response.stderr_bytes;
  if (is_answer(attempt, verdict)) check.durations.observe(attempt.elapsed, bounds);
  check.last_outcome = verdict.outcome;
  check.last_class = verdict.outcome_class;
  check.last_dead = verdict.dead;
  check.last_phases = attempt.phases;
}

void count_late_answer(state::CheckStatus& check, const probe::Attempt& attempt,
                       const state::Bounds& bounds) {
  ++check.late_answers;
  check.durations.observe(attempt.elapsed, bounds);
  check.last_phases = attempt.phases;
}

}  // namespace schedule
