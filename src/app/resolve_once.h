// The addresses of one name, now: for commands that ask once and end. Blocks the calling thread
// until the deadline at most.
#pragma once

#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "base/time.h"

namespace app {

// In the order to try. Of a path or an IP literal that one, without a look-up; the reason, for
// people, says why there are none.
base::Result<std::vector<base::SocketAddress>> resolve_once(const base::Address& address,
                                                            base::TimePoint deadline);

}  // namespace app
