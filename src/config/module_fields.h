// The keys of `modules` in the file.
#pragma once

#include <map>
#include <string>

#include "config/config.h"
#include "config/fields.h"

namespace config {

// One module of them.
const Type<Module>& module_of_file();

Type<std::map<std::string, Module>> modules_by_name();

}  // namespace config
