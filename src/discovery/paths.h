// Paths for whatever finds targets on the disk. Any thread; holds nothing between calls.
#pragma once

#include <string>
#include <vector>

namespace discovery {

// What a glob(3) pattern matches, sorted. Directories that cannot be read are added to `errors`.
std::vector<std::string> matching_paths(const std::string& pattern,
                                        std::vector<std::string>& errors);

}  // namespace discovery
