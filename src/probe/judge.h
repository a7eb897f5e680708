// From what an exchange brought to what it means. Pure.
#pragma once

#include "probe/attempt.h"
#include "probe/check.h"
#include "probe/evidence.h"

namespace probe {

// The first cause wins: transport before protocol before status before body.
// Evidence matters to time-outs only, and must be younger than the connect it explains: an older
// queue does not hold our own entry.
Verdict judge(const Attempt& attempt, const Check& check, const Evidence& evidence);

}  // namespace probe
