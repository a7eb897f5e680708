// The service manager that started us (systemd), and what it is told: datagrams to the socket that
// NOTIFY_SOCKET names, as sd_notify(3) describes them. Started by anybody else, it is told nothing.
// The control loop's. A notice that cannot be sent is logged and lost: the exporter runs on.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "base/unique_fd.h"
#include "config/environment.h"

namespace app {

struct SupervisorOptions {
  std::string socket;  // a path, or @ and an abstract name; empty: nobody is told
  std::optional<base::Duration> watchdog;  // told nothing for so long, it ends the process
};

// Of NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID; values that make no sense are as good as none,
// as they come from a program and not from people.
SupervisorOptions supervisor_options(const config::Environment& environment, pid_t self);

class Supervisor {
 public:
  explicit Supervisor(SupervisorOptions options);

  // `status` is the line that `systemctl status` shows.
  void ready(std::string_view status);
  void reloading(base::TimePoint now);  // until ready() is called again
  void stopping();

  // When keep_alive() has something to do; never without a watchdog.
  std::optional<base::TimePoint> next_keep_alive() const { return next_keep_alive_; }
  // Tells the watchdog, four times within its limit, that all is well. While it is not (a loop is
  // stuck) nothing is told, and the service manager restarts the exporter.
  void keep_alive(base::TimePoint now, bool every_loop_turns);

 private:
  void notify(const std::string& text);

  const SupervisorOptions options_;
  base::UniqueFd socket_;
  std::optional<base::TimePoint> next_keep_alive_;
};

}  // namespace app
