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

// Up to here a duration's digits are those of the shortest text: two numbers of 15 digits or fewer
// are never the same double.
constexpr base::Duration kMaxExactDuration = std::chrono::seconds(1000);
constexpr int kNanosecondDigits = 9;

// "1.25e-05" of digits "125" and the exponent of the first, -9 to -1.
char* put_scientific(char* out, std::string_view digits, int exponent) {
  *out++ = digits[0];
  if (digits.size() > 1) {
    *out++ = '.';
    out = put_text(out, digits.substr(1));
  }
  out = put_text(out, "e-0");
  *out++ = static_cast<char>('0' - exponent);
  return out;
}

// "0.0125" of digits "125" and the exponent of the last, -9 to -1.
char* put_fixed(char* out, std::string_view digits, int exponent) {
  const int before_point = static_cast<int>(digits.size()) + exponent;
  if (before_point > 0) {
    const auto whole = static_cast<std::size_t>(before_point);
    out = put_text(out, digits.substr(0, whole));
    *out++ = '.';
    return put_text(out, digits.substr(whole));
  }
  out = put_text(out, "0.");
  for (int zero = before_point; zero < 0; ++zero) *out++ = '0';
  return put_text(out, digits);
}

}  // namespace

char* put_number(char* out, base::Duration value) {
  if (value < base::Duration::zero() || value >= kMaxExactDuration) {
    return put_number(out, base::seconds(value));
  }
  auto number = static_cast<std::uint64_t>(value.count());
  if (number == 0) return put_text(out, "0");
  int exponent = -kNanosecondDigits;
  for (; exponent < 0 && number % 10 == 0; ++exponent) number /= 10;
  if (exponent == 0) return put_number(out, number);
  char text[kMaxNumberBytes];
  const std::string_view digits(text, static_cast<std::size_t>(put_number(text, number) - text));
  // The shorter one, as std::to_chars() does; fixed where both are as long.
  const int count = static_cast<int>(digits.size());
  if (exponent >= (count == 1 ? -3 : -(count + 3))) return put_fixed(out, digits, exponent);
  return put_scientific(out, digits, exponent + count - 1);
}

char* put_number(char* out, double value) {
  if (!std::isfinite(value)) return put_not_finite(out, value);
  return std::to_chars(out, out + kMaxNumberBytes, value).ptr;
}

char* put_number(char* out, std::uint64_t value) {
  if (value < 10) {  // most of a page's numbers
    *out = static_cast<char>('0' + value);
    return out + 1;
  }
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
