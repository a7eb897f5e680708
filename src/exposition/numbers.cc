#include "exposition/numbers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

namespace exposition {
namespace {

char* put_not_finite(char* out, double value) {
  if (std::isnan(value)) return put_text(out, "NaN");
  return put_text(out, value > 0 ? "+Inf" : "-Inf");
}

// Of the shortest digits: 1234.5 is 1.2345e+03, so 3.
int decimal_exponent(double value) {
  char text[kMaxNumberBytes];
  const char* end =
      std::to_chars(text, text + kMaxNumberBytes, value, std::chars_format::scientific).ptr;
  const char* digits = std::find(static_cast<const char*>(text), end, 'e') + 1;
  if (*digits == '+') ++digits;  // from_chars takes no plus sign
  int exponent = 0;
  std::from_chars(digits, end, exponent);
  return exponent;
}

}  // namespace

char* put_number(char* out, double value) {
  if (!std::isfinite(value)) return put_not_finite(out, value);
  return std::to_chars(out, out + kMaxNumberBytes, value).ptr;
}

char* put_number(char* out, std::uint64_t value) {
  return std::to_chars(out, out + kMaxNumberBytes, value).ptr;
}

void append_number(std::string& text, double value) {
  char number[kMaxNumberBytes];
  text.append(number, put_number(number, value));
}

void append_number(std::string& text, std::uint64_t value) {
  char number[kMaxNumberBytes];
  text.append(number, put_number(number, value));
}

std::string canonical_float(double value) {
  char number[kMaxNumberBytes];
  if (!std::isfinite(value)) return std::string(number, put_not_finite(number, value));
  const int exponent = decimal_exponent(value);
  // The borders are those of Go's %g, which the format's canonical numbers come from.
  const bool is_plain = exponent >= -4 && exponent < 6;
  const auto form = is_plain ? std::chars_format::fixed : std::chars_format::scientific;
  std::string text(number, std::to_chars(number, number + kMaxNumberBytes, value, form).ptr);
  if (is_plain && text.find('.') == std::string::npos) text += ".0";
  return text;
}

}  // namespace exposition
