// The running exporter: the control loop (this thread), the lookup thread, the workers and the HTTP
// front. The control loop alone owns the configuration, and reads it again at SIGHUP and when
// POST /-/reload asks for it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/signals.h"
#include "base/address.h"
#include "base/result.h"
#include "config/load.h"

namespace app {

struct DaemonOptions {
  // Reads the configuration again, from where the first one came; every problem of a bad one.
  std::function<base::Result<config::Loaded>()> load;
  bool enable_lifecycle = false;          // POST /-/reload
  std::string web_config_file = {};       // empty: none
  std::vector<int> systemd_sockets = {};  // instead of the addresses to listen on
  // Called once everything runs, with the addresses really bound.
  std::function<void(const std::vector<base::Address>& bound)> on_started;
};

// Until SIGTERM or SIGINT; joins every thread before it returns. Throws std::system_error when it
// cannot start.
void run_daemon(config::Config config, Signals& signals, DaemonOptions options);

}  // namespace app
