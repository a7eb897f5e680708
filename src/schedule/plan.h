// What a worker does: which targets, which checks, how often. Built by app, immutable, swapped as a
// whole.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "probe/check.h"
#include "state/target_record.h"

namespace schedule {

struct CheckPlan {
  std::shared_ptr<const probe::Check> check;
  std::shared_ptr<const std::string> request;  // its own, with a share in the check
  bool decides_health = true;
  base::Duration interval{0};        // its own, at least the target's; 0: every beat of the target
  bool answers_at_once = true;       // as soon as a worker takes it; a script may be slow by nature
  bool asks_status_address = false;  // of a target that has one; never decides health
  bool answer_is_private = false;    // it names what the pool's clients ask for
};
inline bool is_script(const CheckPlan& check) {
  return !check.answers_at_once;
}

struct TargetPlan {
  std::shared_ptr<state::TargetRecord> record;  // its checks are in the order of `checks`
  base::Duration interval = std::chrono::seconds(5);
  base::Duration timeout = std::chrono::seconds(2);         // judged then; may exceed the interval
  base::Duration abandon_after = std::chrono::seconds(30);  // an unanswered exchange is closed
  base::Duration stale_after = std::chrono::seconds(30);
  std::vector<CheckPlan> checks;
  std::optional<base::Address> status_address;  // PHP-FPM's pm.status_listen
};

using Plan = std::vector<std::shared_ptr<const TargetPlan>>;

}  // namespace schedule
