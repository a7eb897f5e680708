#include "probe/wording.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "base/text.h"

namespace probe {
namespace {

std::string_view trim_lines(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

std::string in_quotes(std::string_view raw) {
  const std::string_view text = trim_lines(raw);
  std::string shown = '"' + base::clean_text(text, kMaxQuotedBytes) + '"';
  if (text.size() <= kMaxQuotedBytes) return shown;
  return shown + "... (" + byte_count(raw.size()) + ')';
}

std::string byte_count(std::uint64_t bytes) {
  return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
}

std::string readable(base::Duration duration) {
  std::array<char, 48> buffer{};
  const double seconds = base::seconds(duration);
  if (seconds < 1) {
    static_cast<void>(std::snprintf(buffer.data(), buffer.size(), "%.1f ms", seconds * 1000));
  } else {
    static_cast<void>(std::snprintf(buffer.data(), buffer.size(), "%.2f s", seconds));
  }
  return buffer.data();
}

}  // namespace probe
