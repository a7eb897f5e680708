// What a /probe asks of a worker: a guest among the planned probes. It changes no counter, no
// health and no beat of any target. Values.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/address.h"
#include "base/time.h"
#include "probe/one_shot.h"
#include "schedule/plan.h"

namespace schedule {

// Which addresses a guest may be taken to, asked about each one just before it is connected to: a
// name means what its name server says, and a path what its symbolic links say. Any thread.
struct GuestPermission {
  std::function<bool(const base::SocketAddress&)> address;
  std::function<bool(const std::string&)> path;  // without symbolic links
};

struct GuestQuestion {
  // Equal ones at one address are one question: they share one exchange, and one answer.
  std::string key;
  // Its checks, addresses and times. That of a watched target itself: the guest joins the target's
  // own exchange of the same check.
  std::shared_ptr<const TargetPlan> plan;
  std::shared_ptr<const GuestPermission> permission;  // null: a configured target, every address
};

struct GuestRequest {
  GuestQuestion question;
  base::TimePoint asked;
  base::Duration limit;
  // Called once, on the worker's thread or the asking one, also when the worker stops: keep it
  // short.
  std::function<void(probe::OneShotReport)> done;
};

}  // namespace schedule
