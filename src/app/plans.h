// From a checked configuration to what the workers do and what the pages show. Pure.
#pragma once

#include <memory>
#include <vector>

#include "base/time.h"
#include "config/config.h"
#include "schedule/plan.h"
#include "state/board.h"

namespace app {

struct Plans {
  std::shared_ptr<const state::TargetSet> targets;
  std::vector<schedule::Plan> workers;  // one per worker
};

// The configuration was validated, so a check that cannot be made is a programmer's mistake and
// throws.
Plans make_plans(const config::Config& config, base::TimePoint now);

}  // namespace app
