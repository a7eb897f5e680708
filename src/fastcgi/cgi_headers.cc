#include "fastcgi/cgi_headers.h"

#include <algorithm>

#include "base/text.h"

namespace fastcgi {
namespace {

constexpr int kStatusWhenAbsent = 200;

// Of the blank line that `text` begins with; 0 when it begins otherwise.
std::size_t blank_line_bytes(std::string_view text) {
  if (text.starts_with('\n')) return 1;
  return text.starts_with("\r\n") ? 2 : 0;
}

std::string_view without_line_end(std::string_view line) {
  line.remove_suffix(line.ends_with('\r') ? 1 : 0);
  return line;
}

// Spares most lines the search for a colon. A line that begins with a blank continues the one
// above.
bool may_be_status(char first) {
  return first == 'S' || first == 's';
}

std::optional<int> leading_status(std::string_view text) {
  if (text.size() < 3 || !std::all_of(text.begin(), text.begin() + 3, base::is_digit)) return {};
  if (text[0] == '0' || (text.size() > 3 && text[3] != ' ')) return {};
  return (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
}

// The value of a Status header; empty for any other line.
std::optional<std::string_view> status_value(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  if (!base::equals_ignoring_case(base::trim(line.substr(0, colon)), "status")) return {};
  return base::trim(line.substr(colon + 1));
}

std::optional<int> status_of_first_line(std::string_view headers) {
  if (!headers.starts_with("HTTP/")) return kStatusWhenAbsent;
  const std::string_view line = without_line_end(headers.substr(0, headers.find('\n')));
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return {};
  return leading_status(base::trim(line.substr(space)));
}

}  // namespace

// Runs on every probe: one memchr a line, no line copied or trimmed.
std::optional<CgiParts> split_output(std::string_view output) {
  if (output.empty()) return CgiParts{};
  for (std::size_t line = 0; line <= kMaxHeaderBlockBytes;) {
    const std::size_t blank_bytes = blank_line_bytes(output.substr(line));
    if (blank_bytes != 0) {
      return CgiParts{.headers = output.substr(0, line), .body = output.substr(line + blank_bytes)};
    }
    const std::size_t end = output.find('\n', line);
    if (end == std::string_view::npos) return {};
    line = end + 1;
  }
  return {};
}

std::optional<int> status_of(std::string_view headers) {
  for (std::size_t line = 0; line < headers.size();) {
    const std::size_t end = std::min(headers.find('\n', line), headers.size());
    if (may_be_status(headers[line])) {
      const auto value = status_value(without_line_end(headers.substr(line, end - line)));
      if (value) return leading_status(*value);
    }
    line = end + 1;
  }
  return status_of_first_line(headers);
}

}  // namespace fastcgi
