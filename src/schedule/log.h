// What a worker tells people about its targets.
#pragma once

#include <string>

#include "schedule/lane_runner.h"
#include "state/target_record.h"

namespace schedule {

void log_transition(const state::TargetIdentity& identity, const Transition& transition);  // info
void log_verdict(const state::TargetIdentity& identity, const Judged& judged);             // debug

// Without the listen queues a silent pool cannot be told from a busy one: worth one line when it
// begins and one when it is over.
class QueueProblemLog {
 public:
  void tell(const std::string& problem);

 private:
  std::string told_;
};

}  // namespace schedule
