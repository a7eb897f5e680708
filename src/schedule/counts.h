// How beats and verdicts are counted in a check's status. Called under the record's lock by the
// target's worker.
#pragma once

#include <cstdint>

#include "probe/attempt.h"
#include "probe/check.h"
#include "state/histogram.h"
#include "state/target_record.h"

namespace schedule {

void count_skip(state::CheckStatus& check, state::Skip reason, std::uint64_t beats);
// What a responder passed with was an answer, even where it was too large to be read to its end.
bool is_answer(const probe::Attempt& attempt, const probe::Verdict& verdict);
// Unanswered probes are not in the histogram.
void count_verdict(state::CheckStatus& check, const probe::Verdict& verdict,
                   const probe::Attempt& attempt, const state::Bounds& bounds);
// Of a probe that was judged before.
void count_late_answer(state::CheckStatus& check, const probe::Attempt& attempt,
                       const state::Bounds& bounds);

}  // namespace schedule
