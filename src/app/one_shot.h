// One probe, now, and its whole story: what `check ADDRESS` shows. Blocks the calling thread for at
// most the timeout and, when nobody answered, kMaxQueueLook.
#pragma once

#include <string>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "probe/attempt.h"
#include "probe/check.h"

namespace app {

// The kernel answers within milliseconds; more than the daemon allows, since no beat waits for us.
inline constexpr base::Duration kMaxQueueLook = std::chrono::milliseconds(500);

struct OneShot {
  probe::Attempt attempt;
  probe::Verdict verdict;
  std::vector<std::string> sent;  // one line per record
  std::vector<std::string> received;
};

// Throws std::runtime_error when we ourselves lack a descriptor or kernel memory: nothing is known
// of the target then.
OneShot probe_once(const base::Address& address, const probe::Check& check, base::Duration timeout);

}  // namespace app
