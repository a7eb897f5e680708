// The files of src/web/assets, which the build puts into the program. Immutable.
#pragma once

#include <string_view>
#include <vector>

namespace web {

struct Asset {
  std::string_view name;  // "page.css"
  std::string_view text;
};

const std::vector<Asset>& assets();
std::string_view assets_version();  // changes with any of them

}  // namespace web
