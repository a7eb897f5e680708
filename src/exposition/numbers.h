// Numbers as Prometheus reads them back exactly. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace exposition {

// Room that any number fits in: the longest is "-2.2250738585072014e-308".
inline constexpr std::size_t kMaxNumberBytes = 32;

// Shortest text that reads back as the same value; NaN, +Inf, -Inf. `out` has room for
// kMaxNumberBytes; returns the end.
char* put_number(char* out, double value);
char* put_number(char* out, std::uint64_t value);

inline char* put_text(char* out, std::string_view text) {
  return std::copy(text.begin(), text.end(), out);
}

void append_number(std::string& text, double value);
void append_number(std::string& text, std::uint64_t value);

// For `le` and `quantile`, where the text is the identity of a series: "1.0", "0.0005", "1e+06",
// "+Inf". The form of OpenMetrics and of Prometheus 3, which rewrites any other form.
std::string canonical_float(double value);

}  // namespace exposition
