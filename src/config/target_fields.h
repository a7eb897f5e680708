// The keys of `targets` in the file, and what a target asks of its module.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "config/fields.h"

namespace config {

Type<std::vector<Target>> targets();

// Names that are taken, modules that are not there, and modules that need more of their targets.
void check_targets(const Place& targets, const Config& config);

// "" when there is a module of that name.
std::string module_problem(const std::string& name, const Config& config);

// What is given but not used, one line for each module, wherever its targets came from. Every
// module must be there.
std::vector<std::string> unused_by_targets(const Config& config);

}  // namespace config
