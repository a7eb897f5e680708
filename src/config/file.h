// Reads files that others write, at start and again while the exporter runs. Any thread.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace config {

// At most `limit` bytes and one, so that a larger file shows; or the reason why there are none.
// Never waits for a writer: a pipe, which could be read only once, is no file, and neither is a
// device.
base::Result<std::string> read_regular_file(const std::string& path, std::size_t limit);

// An errno in words, with what to do about it.
std::string why_unreadable(int error);

}  // namespace config
