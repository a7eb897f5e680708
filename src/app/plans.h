// From a checked configuration to what the workers do and what the pages show. Pure.
#pragma once

#include <cstddef>
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

// Of the targets that the configuration's shard owns. It was validated, so a check that cannot be
// made is a programmer's mistake and throws.
Plans make_plans(const config::Config& config, base::TimePoint now);

// What somebody asks for once, of a target as it would be with this module. Of no worker's plan.
std::shared_ptr<const schedule::TargetPlan> make_probe_plan(const config::Target& target,
                                                            const config::Module& module,
                                                            base::TimePoint now);

// How many targets a reload did what to.
struct Changes {
  std::size_t added = 0;
  std::size_t changed = 0;
  std::size_t removed = 0;
  std::size_t unchanged = 0;
};

struct Replanned {
  Plans plans;
  Changes changes;
};

// The plans of `config` where those of `config_before` are in force. A target that means the same
// in both (by itself and by its module) keeps its plan object, and so its record, its health and
// the exchange under way; one that changed starts over with a new record. `workers` and
// `buckets_seconds` are the same in both: a target must not have two workers at once.
Replanned replan(const config::Config& config, const config::Config& config_before,
                 const Plans& plans_before, base::TimePoint now);

}  // namespace app
