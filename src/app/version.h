// Which build this is. Constants.
#pragma once

#include <string_view>

namespace app {

std::string_view version();   // of CMakeLists.txt
std::string_view revision();  // git's short hash at configure time, or "unknown"

}  // namespace app
