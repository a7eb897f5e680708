// A long text in pieces, never joined: a 43 MB page must not be copied into one string. Shared
// between the thread that made it and every connection that sends it; immutable once shared.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace base {

using Chunks = std::vector<std::string>;
using SharedChunks = std::shared_ptr<const Chunks>;

// A vector's list of values, or its count and value, would copy the text.
inline SharedChunks one_chunk(std::string text) {
  Chunks chunks;
  chunks.push_back(std::move(text));
  return std::make_shared<const Chunks>(std::move(chunks));
}

}  // namespace base
