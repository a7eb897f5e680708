// The signals that the control loop hears, as bytes on a descriptor. Create it in main before any
// thread exists, so that every thread inherits the blocked set and only the control loop hears
// them.
#pragma once

#include "base/unique_fd.h"

namespace app {

class Signals {
 public:
  // Blocks SIGTERM, SIGINT and SIGHUP, ignores SIGPIPE and SIGXFSZ; throws std::system_error.
  Signals();

  int fd() const { return fd_.get(); }
  int next();  // of the signals that arrived one that ends the program, else SIGHUP, else 0

  // From here on a signal ends the process at once: the answer to a second SIGTERM while the first
  // is being obeyed.
  static void let_the_next_one_end_the_process();

 private:
  base::UniqueFd fd_;
};

}  // namespace app
