// From a parsed command line to an exit code: loads the configuration and does what was asked.
#pragma once

#include "app/command_line.h"

namespace app {

// Throws std::system_error when something cannot be started (an address in use, no descriptors).
int run(const CommandLine& line);

}  // namespace app
