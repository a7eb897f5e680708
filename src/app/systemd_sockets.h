// The sockets that systemd has opened for us (sd_listen_fds(3)).
#pragma once

#include <vector>

#include "base/result.h"
#include "config/environment.h"

namespace app {

// The descriptors that the variables LISTEN_PID and LISTEN_FDS announce to the process `pid`; the
// reason when there are none.
base::Result<std::vector<int>> systemd_sockets(const config::Environment& environment, int pid);

}  // namespace app
