// Whether a target should get more work, from what is cached about it. Pure.
#pragma once

#include <string>

#include "base/time.h"
#include "probe/ready.h"
#include "state/target_record.h"

namespace web {

// Accept queue: the kernel's, without the one entry that may be ours, else the page's of a tcp pool
// (of a unix one PHP-FPM knows nothing). Active processes: the page's, without the one that answers
// us. Of a page that is no longer fresh nothing is used.
probe::Load load_of(const state::TargetIdentity& identity, const state::TargetStatus& status,
                    base::TimePoint now);

// Empty for a target that is up and within its module's ready thresholds, else why not, for people.
std::string reason_not_ready(const state::TargetIdentity& identity,
                             const state::TargetStatus& status, base::TimePoint now);

}  // namespace web
