// Numbers as Prometheus reads them back exactly. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/time.h"

namespace exposition {

// Room that any number fits in: the longest is "-2.2250738585072014e-308".
inline constexpr std::size_t kMaxNumberBytes = 32;

// Shortest text that reads back as the same value; NaN, +Inf, -Inf. `out` has room for
// kMaxNumberBytes; returns the end.
char* put_number(char* out, double value);
char* put_number(char* out, std::uint64_t value);
char* put_number(char* out, base::Duration value);  // as of base::seconds(value)

// A page is made of millions of short texts: a call of memcpy() for each took a fifth of its time.
// Two moves of one size, the second up to the text's end, copy any length between one and two of
// them.
inline char* put_text(char* out, std::string_view text) {
  const char* from = text.data();
  const std::size_t size = text.size();
  const auto move_twice = [=](auto bytes) {
    constexpr std::size_t step = bytes;
    char first[step];
    char last[step];
    std::memcpy(first, from, step);
    std::memcpy(last, from + size - step, step);
    std::memcpy(out, first, step);
    std::memcpy(out + size - step, last, step);
  };
  if (size > 64) {
    std::memcpy(out, from, size);
  } else if (size >= 32) {
    move_twice(std::integral_constant<std::size_t, 32>());
  } else if (size >= 16) {
    move_twice(std::integral_constant<std::size_t, 16>());
  } else if (size >= 8) {
    move_twice(std::integral_constant<std::size_t, 8>());
  } else if (size >= 4) {
    move_twice(std::integral_constant<std::size_t, 4>());
  } else {
    for (std::size_t i = 0; i < size; ++i) out[i] = from[i];
  }
  return out + size;
}

void append_number(std::string& text, double value);
void append_number(std::string& text, std::uint64_t value);

// For `le` and `quantile`, where the text is the identity of a series: "1.0", "0.0005", "1e+06",
// "+Inf". The form of OpenMetrics and of Prometheus 3, which rewrites any other form.
std::string canonical_float(double value);

}  // namespace exposition
