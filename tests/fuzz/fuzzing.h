// What the fuzz targets share: an input as text, a promise that must hold, and ways to cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"

namespace fuzz {

// libFuzzer keeps the input of an abort.
inline void require(bool holds) {
  if (!holds) std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void require_showable(std::string_view text) {
  require(base::clean_text(text, text.size()) == text);
}

// A small generator that hangs on the bytes alone, so that an input is all it takes to repeat a
// finding. Pieces are mostly short.
class Cuts {
 public:
  explicit Cuts(std::string_view bytes) {
    for (const char byte : bytes) random_ = random_ * 31 + static_cast<unsigned char>(byte);
  }
  std::size_t next() {
    random_ = random_ * 1664525 + 1013904223;
    const std::size_t longest = (random_ & 0x10000) != 0 ? 200 : 9;
    return 1 + (random_ >> 24) % longest;
  }

 private:
  std::uint32_t random_ = 0;
};

// The input as a script of events: each taken off the front, 0 when nothing is left.
class Script {
 public:
  explicit Script(std::string_view bytes) : bytes_(bytes) {}
  bool is_over() const { return bytes_.empty(); }
  unsigned byte() {
    if (bytes_.empty()) return 0;
    const auto value = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return value;
  }
  unsigned below(unsigned limit) { return byte() % limit; }
  bool flag() { return (byte() & 1U) != 0; }

 private:
  std::string_view bytes_;
};

}  // namespace fuzz
