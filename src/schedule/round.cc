#include "schedule/round.h"

namespace schedule {

void Round::judged(std::size_t check, bool decides, const probe::Verdict& verdict) {
  has_verdict_ = true;
  if (!decides) return;
  const probe::RoundResult own = probe::round_of(verdict);
  const probe::RoundResult before = together_.value_or(own);
  const probe::RoundResult after = together_ ? probe::both(before, own) : own;
  if (!together_ || after.outcome_class != before.outcome_class) deciding_check_ = check;
  together_ = after;
}

void Round::skipped(bool decides) {
  misses_a_decider_ = misses_a_decider_ || decides;
}

std::optional<probe::RoundResult> Round::result() const {
  const bool passed = together_ && together_->outcome_class == probe::OutcomeClass::pass;
  if (passed && misses_a_decider_) return std::nullopt;
  return together_;
}

}  // namespace schedule
