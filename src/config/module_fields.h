// The keys of `modules` in the file.
#pragma once

#include <map>
#include <string>

#include "config/config.h"
#include "config/fields.h"

namespace config {

Type<std::map<std::string, Module>> modules_by_name();

}  // namespace config
