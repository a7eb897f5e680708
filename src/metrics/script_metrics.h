// The families that scripts printed (checks of kind script), merged over all targets: each name
// under one TYPE line, sorted by name. Pure.
#pragma once

#include <cstdint>
#include <span>

#include "base/time.h"
#include "exposition/writer.h"
#include "metrics/target_metrics.h"

namespace metrics {

// A script's series stay while its check passes, until its last output is older than the largest of
// this, stale_after, and two of the check's own intervals: one run may be missed.
inline constexpr base::Duration kKeepScriptOutput = std::chrono::minutes(5);

// Labels: the target's, then the script's own; not the check's, so that a second script does not
// rename the series of the first. The first family of a name, by target and check, decides its type
// and help. Refused are families of that name with another type, with a name of ours or one that
// another family takes, and of a second check of the same target when one of its series is there
// already. Returns how many series are refused, by the parser (ScriptOutput::refused) or here.
std::uint64_t write_script_metrics(std::span<const TargetView> targets, exposition::Writer& writer);

}  // namespace metrics
