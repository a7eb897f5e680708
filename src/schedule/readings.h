// What an answer brought besides its verdict, written into the target's status. Called under the
// record's lock by the target's worker: numbers and pointers only.
#pragma once

#include "base/time.h"
#include "probe/check.h"
#include "schedule/plan.h"
#include "state/target_record.h"

namespace schedule {

// `check` is the one of `status` that was judged.
void keep_readings(const probe::Verdict& verdict, const CheckPlan& plan, base::TimePoint now,
                   state::CheckStatus& check, state::TargetStatus& status);

// What the page that a status address answered with says about a pool that is silent elsewhere.
probe::StatusAddressAnswer meaning_of(const probe::Verdict& verdict);

}  // namespace schedule
