// What the log says of the start and of configurations that are read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/plans.h"
#include "base/address.h"
#include "config/config.h"

namespace app {

void log_start(const config::Config& config, const std::vector<base::Address>& bound,
               std::size_t targets, std::uint64_t series);

// A line for each of the lines, as each of them is one to mend.
void log_problems(const std::string& problems);
void log_changes(std::string_view what, const Changes& changes);

}  // namespace app
