// Paths and files for whatever finds targets on the disk. Blocks on the disk, but never waits for a
// writer: a named pipe is no file. Any thread; holds nothing between calls.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"

namespace discovery {

// What a glob(3) pattern matches, sorted. Directories that cannot be read are added to `errors`.
std::vector<std::string> matching_paths(const std::string& pattern,
                                        std::vector<std::string>& errors);

// At most `limit` bytes and one more, which tells that there are too many.
base::Result<std::string> read_bytes(const std::string& path, std::size_t limit);

}  // namespace discovery
