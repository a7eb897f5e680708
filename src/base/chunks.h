// A long text in pieces, never joined: a 43 MB page must not be copied into one string. Shared
// between the thread that made it and every connection that sends it; immutable once shared.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace base {

using Chunks = std::vector<std::string>;
using SharedChunks = std::shared_ptr<const Chunks>;

}  // namespace base
