// Splits what a responder wrote to STDOUT into header block and body, and finds the status (RFC
// 3875 section 6). Pure. Only the status is judged; other header lines are kept as they came,
// well-formed or not.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace fastcgi {

inline constexpr std::size_t kMaxHeaderBlockBytes = 64 << 10;  // the blank line not counted

struct CgiParts {
  std::string_view headers;  // without the blank line, with the last header's line end
  std::string_view body;
};

// Empty when no blank line ends a header block within kMaxHeaderBlockBytes. Lines end with CR LF or
// a bare LF (fcgiwrap's own errors). Output without a byte is legal and has neither headers nor
// body.
std::optional<CgiParts> split_output(std::string_view output);

// A Status header, wherever it stands and in any case of letters; else the code of an "HTTP/1.x
// NNN" first line (uWSGI's nph mode); else 200. The first Status header counts. Empty when the one
// that counts does not begin with a number of three digits from 100 on, followed by a space or the
// end.
std::optional<int> status_of(std::string_view headers);

}  // namespace fastcgi
