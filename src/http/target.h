// The target of a request line, and percent-encoding. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace http {

struct Target {
  std::string path;   // decoded once; dot segments stay as they are: no files are served
  std::string query;  // raw, without '?'
};

// "/path?query", "http://host/path?query" as proxies send it, or "*". Nothing for anything else,
// for a bad escape, and for bytes no URI has: control characters (encoded ones too), spaces, '#',
// 0x80 and above.
std::optional<Target> parse_target(std::string_view raw);

enum class Plus { stays, is_space };

// Nothing when a '%' is not followed by two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view raw, Plus plus);

}  // namespace http
