#include "http/target.h"

#include <algorithm>

#include "base/text.h"

namespace http {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

bool may_be_in_uri(char c) {
  return !is_control(c) && c != ' ' && c != '#' && static_cast<unsigned char>(c) < 0x80;
}

// "http://host:port/path" -> "/path". The authority is not looked at: every name means us.
std::optional<std::string_view> without_origin(std::string_view raw) {
  const auto colon = raw.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view scheme = raw.substr(0, colon);
  if (!base::equals_ignoring_case(scheme, "http") && !base::equals_ignoring_case(scheme, "https")) {
    return std::nullopt;
  }
  const std::string_view rest = raw.substr(colon + 3);
  const auto authority_bytes = std::min(rest.find_first_of("/?"), rest.size());
  if (authority_bytes == 0) return std::nullopt;
  return rest.substr(authority_bytes);
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view raw, Plus plus) {
  const bool has_spaces = plus == Plus::is_space && raw.find('+') != std::string_view::npos;
  if (!has_spaces && raw.find('%') == std::string_view::npos) return std::string(raw);
  std::string text;
  text.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '+' && plus == Plus::is_space) {
      text += ' ';
    } else if (raw[i] != '%') {
      text += raw[i];
    } else {
      const int high = i + 2 < raw.size() ? hex_value(raw[i + 1]) : -1;
      const int low = i + 2 < raw.size() ? hex_value(raw[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      text += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return text;
}

std::optional<Target> parse_target(std::string_view raw) {
  if (raw == "*") return Target{.path = "*", .query = {}};
  if (!std::all_of(raw.begin(), raw.end(), may_be_in_uri)) return std::nullopt;
  if (!raw.starts_with('/')) {
    const auto rest = without_origin(raw);
    if (!rest) return std::nullopt;
    raw = *rest;
  }
  const auto question = raw.find('?');
  auto path = percent_decoded(raw.substr(0, question), Plus::stays);
  if (!path || std::any_of(path->begin(), path->end(), is_control)) return std::nullopt;
  if (path->empty()) *path = "/";
  const bool has_query = question != std::string_view::npos;
  return Target{.path = std::move(*path),
                .query = has_query ? std::string(raw.substr(question + 1)) : std::string()};
}

}  // namespace http
