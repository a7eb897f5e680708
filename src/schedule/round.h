// What the checks of one round say together about the target. Pure; a small value, owned by the
// target's runner.
#pragma once

#include <cstddef>
#include <optional>

#include "probe/check.h"
#include "probe/health.h"

namespace schedule {

class Round {
 public:
  // In the order of the checks; `decides` is CheckPlan::decides_health.
  void judged(std::size_t check, bool decides, const probe::Verdict& verdict);
  void skipped(bool decides);

  bool has_verdict() const { return has_verdict_; }

  // The checks that decide, together. Nothing when none of them was judged, or when those that were
  // passed and another was skipped: a skipped probe is not a pass.
  std::optional<probe::RoundResult> result() const;
  std::size_t deciding_check() const { return deciding_check_; }  // the first of the worst class

 private:
  bool has_verdict_ = false;
  bool misses_a_decider_ = false;
  std::optional<probe::RoundResult> together_;
  std::size_t deciding_check_ = 0;
};

}  // namespace schedule
