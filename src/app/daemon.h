// The running exporter: the control loop (this thread), the lookup thread, the workers and the HTTP
// front.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/signals.h"
#include "base/address.h"
#include "config/config.h"

namespace app {

struct DaemonOptions {
  std::string effective_config;  // YAML, secrets hidden
  // Called once everything runs, with the addresses really bound.
  std::function<void(const std::vector<base::Address>& bound)> on_started;
};

// Until SIGTERM or SIGINT; joins every thread before it returns. Throws std::system_error when it
// cannot start.
void run_daemon(const config::Config& config, Signals& signals, const DaemonOptions& options);

}  // namespace app
