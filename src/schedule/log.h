// What a worker tells people about its targets.
#pragma once

#include "schedule/target_runner.h"
#include "state/target_record.h"

namespace schedule {

void log_transition(const state::TargetIdentity& identity, const Transition& transition);  // info
void log_verdict(const state::TargetIdentity& identity, const Judged& judged);             // debug

}  // namespace schedule
