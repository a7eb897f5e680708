// Text from outside made safe to show, and small text work that the standard library leaves open.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace base {

// At most `limit` bytes, cut at a character border. Newlines and tabs become a space; every other
// control character (see is_control) and broken UTF-8 become U+FFFD, so that no peer can forge a
// log line or paint a terminal.
std::string clean_text(std::string_view raw, std::size_t limit);

// Every invalid UTF-8 sequence replaced by U+FFFD: Prometheus refuses a whole scrape for one bad
// byte.
std::string valid_utf8(std::string_view raw);

struct Character {
  char32_t code = 0;     // U+FFFD for broken UTF-8
  std::size_t size = 0;  // bytes it takes up; for broken UTF-8, the bytes to skip: at least 1
  bool is_valid = false;
};
Character first_character(std::string_view text);  // of a text that is not empty

// C0, C1 and DEL, line separators, and the direction marks that let a text show in another order
// than its bytes.
bool is_control(char32_t code);

// "\u202e", as JSON, YAML and logfmt write it. Of a code below U+10000, as every control is.
std::string escape(char32_t code);

constexpr bool is_digit(char c) {  // ASCII, whatever the locale
  return c >= '0' && c <= '9';
}
std::optional<std::uint64_t> parse_uint(
    std::string_view digits);  // decimal, digits only, no overflow
bool equals_ignoring_case(std::string_view a, std::string_view b);  // ASCII only
std::string_view trim(std::string_view text);                       // spaces and tabs at both ends

}  // namespace base
