// The keys of `discovery` in the file: where targets come from that nobody wrote down.
#pragma once

#include <string>
#include <string_view>

#include "config/config.h"
#include "config/fields.h"

namespace config {

Field<Config> discovery_row();

// Modules that are not there.
void check_discovery(const Place& discovery, const Config& config);

// What is wrong with a pattern for the files of pools; nothing when it will do.
std::string pool_files_problem(std::string_view pattern);

}  // namespace config
