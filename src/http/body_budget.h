// Bounds the memory of bodies that are being sent. A body that several connections share counts
// once. Pure; used by the front's thread.
#pragma once

#include <cstddef>
#include <unordered_map>

#include "base/chunks.h"

namespace http {

class BodyBudget {
 public:
  // Small bodies always pass: health answers must not fail because pages are being read slowly.
  static constexpr std::size_t kSmallBytes = 4 << 10;

  explicit BodyBudget(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // False: too many bytes are under way. A body alone always passes, it exists already. Each
  // admitted body must be released once.
  bool admit(const base::SharedChunks& body, std::size_t bytes);
  void release(const base::Chunks* body);

  std::size_t bytes() const { return bytes_; }

 private:
  struct Held {
    std::size_t bytes = 0;
    std::size_t connections = 0;
  };
  const std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::unordered_map<const base::Chunks*, Held> held_;
};

}  // namespace http
