#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace base {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// What may follow a lead byte: Unicode's table of well-formed UTF-8 (3-7). The limits of the second
// byte keep out overlong forms, surrogates and everything above U+10FFFF.
struct Lead {
  unsigned char first, last;
  std::size_t size;
  unsigned char second_low, second_high;
};
constexpr Lead kLeads[] = {
    {0xC2, 0xDF, 2, 0x80, 0xBF}, {0xE0, 0xE0, 3, 0xA0, 0xBF}, {0xE1, 0xEC, 3, 0x80, 0xBF},
    {0xED, 0xED, 3, 0x80, 0x9F}, {0xEE, 0xEF, 3, 0x80, 0xBF}, {0xF0, 0xF0, 4, 0x90, 0xBF},
    {0xF1, 0xF3, 4, 0x80, 0xBF}, {0xF4, 0xF4, 4, 0x80, 0x8F},
};

unsigned char byte_at(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

const Lead* lead_of(unsigned char byte) {
  const auto* found = std::find_if(std::begin(kLeads), std::end(kLeads), [byte](const Lead& lead) {
    return byte >= lead.first && byte <= lead.last;
  });
  return found == std::end(kLeads) ? nullptr : found;
}

Character broken(std::size_t size) {
  return {.code = U'\uFFFD', .size = size, .is_valid = false};
}

bool is_plain(char c) {
  return c >= ' ' && c <= '~';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

Character first_character(std::string_view text) {
  const unsigned char first = byte_at(text, 0);
  if (first < 0x80) return {.code = first, .size = 1, .is_valid = true};
  const Lead* lead = lead_of(first);
  if (lead == nullptr) return broken(1);

  char32_t code = first & (0x7FU >> lead->size);
  for (std::size_t i = 1; i < lead->size; ++i) {
    const unsigned char low = i == 1 ? lead->second_low : 0x80;
    const unsigned char high = i == 1 ? lead->second_high : 0xBF;
    if (i == text.size() || byte_at(text, i) < low || byte_at(text, i) > high) return broken(i);
    code = (code << 6U) | (byte_at(text, i) & 0x3FU);
  }
  return {.code = code, .size = lead->size, .is_valid = true};
}

bool is_control(char32_t code) {
  const auto between = [code](char32_t low, char32_t high) { return code >= low && code <= high; };
  return code < 0x20 || between(0x7F, 0x9F) ||  // C0, DEL, C1
         code == 0x061C || between(0x200E, 0x200F) || between(0x202A, 0x202E) ||
         between(0x2066, 0x2069) ||  // direction marks
         between(0x2028, 0x2029);    // line and paragraph separator
}

std::string escape(char32_t code) {
  std::array<char, 8> text{};
  static_cast<void>(
      std::snprintf(text.data(), text.size(), "\\u%04x", static_cast<unsigned>(code & 0xFFFFU)));
  return text.data();
}

std::string clean_text(std::string_view raw, std::size_t limit) {
  // Most texts are: character by character, a path costs as much as all else about a probe.
  if (std::ranges::all_of(raw, is_plain)) return std::string(raw.substr(0, limit));
  std::string clean;
  while (!raw.empty()) {
    const Character next = first_character(raw);
    std::string_view shown = raw.substr(0, next.size);
    if (next.code == '\n' || next.code == '\r' || next.code == '\t') {
      shown = " ";
    } else if (!next.is_valid || is_control(next.code)) {
      shown = kReplacement;
    }
    if (clean.size() + shown.size() > limit) break;
    clean += shown;
    raw.remove_prefix(next.size);
  }
  return clean;
}

std::string valid_utf8(std::string_view raw) {
  std::string valid;
  valid.reserve(raw.size());
  while (!raw.empty()) {
    const Character next = first_character(raw);
    valid += next.is_valid ? raw.substr(0, next.size) : kReplacement;
    raw.remove_prefix(next.size);
  }
  return valid;
}

std::optional<std::uint64_t> parse_uint(std::string_view digits) {
  std::uint64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return value;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace base
