// What the control loop's log says of configurations that are read.
#pragma once

#include <string>
#include <string_view>

#include "app/plans.h"

namespace app {

// A line for each of the lines, as each of them is one to mend.
void log_problems(const std::string& problems);
void log_changes(std::string_view what, const Changes& changes);

}  // namespace app
