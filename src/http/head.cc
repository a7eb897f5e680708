#include "http/head.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"
#include "http/target.h"

namespace http {
namespace {

constexpr bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// By byte: letters, digits and `marks`. A head has hundreds of bytes to be looked up.
using Set = std::array<bool, 256>;
constexpr Set letters_digits_and(std::string_view marks) {
  Set set{};
  for (std::size_t byte = 0; byte < set.size(); ++byte) {
    const char c = static_cast<char>(byte);
    set.at(byte) = is_letter_or_digit(c) || marks.find(c) != std::string_view::npos;
  }
  return set;
}
constexpr Set kInTokens = letters_digits_and("!#$%&'*+-.^_`|~");
constexpr Set kInHosts = letters_digits_and("-._~%!$&'()*+;=:[]");

bool has_only(const Set& set, std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [&set](char c) { return set[static_cast<unsigned char>(c)]; });
}

bool is_token(std::string_view text) {
  return !text.empty() && has_only(kInTokens, text);
}

// Host and port, IPv6 brackets included. What no host has (a path, a user, a second value) is where
// a proxy and we could disagree about whom the request is for.
bool is_host(std::string_view text) {
  return has_only(kInHosts, text);
}

// What neither ends a line nor is refused.
bool is_ordinary(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
}

Method method_of(std::string_view name) {
  if (name == "GET") return Method::get;
  if (name == "HEAD") return Method::head;
  if (name == "POST") return Method::post;
  return Method::other;
}

// Several fields of one name mean the same as one with commas.
void append_list(std::string& list, std::string_view value) {
  if (!list.empty()) list += ", ";
  list += value;
}

}  // namespace

// Every header we look at. All others are checked for their form and forgotten.
struct HeadReader::Field {
  std::string_view name;
  bool (HeadReader::*take)(std::string_view value);
};

const HeadReader::Field HeadReader::kFields[] = {
    {"Host", &HeadReader::take_host},
    {"Connection", &HeadReader::take_connection},
    {"Content-Length", &HeadReader::take_content_length},
    {"Transfer-Encoding", &HeadReader::take_transfer_encoding},
    {"Expect", &HeadReader::take_expect},
    {"Accept", &HeadReader::take_accept},
    {"Accept-Encoding", &HeadReader::take_accept_encoding},
    {"Authorization", &HeadReader::take_authorization},
    {"X-Prometheus-Scrape-Timeout-Seconds", &HeadReader::take_scrape_timeout},
};

Progress HeadReader::read(std::string_view bytes) {
  while (!complete_ && refusal_.status == 0) {
    skip_ordinary(bytes);
    if (scanned_ == bytes.size()) break;
    if (take_byte(bytes)) ++scanned_;
  }
  if (refusal_.status != 0) return Progress::refused;
  return complete_ ? Progress::complete : Progress::need_more;
}

// Most bytes of a head only have to be passed by.
void HeadReader::skip_ordinary(std::string_view bytes) {
  if (is_after_cr(bytes)) return;
  const std::size_t end = std::min(bytes.size(), limits_.max_head_bytes);
  while (scanned_ < end && is_ordinary(bytes[scanned_])) ++scanned_;
}

bool HeadReader::is_after_cr(std::string_view bytes) const {
  return scanned_ > line_ && bytes[scanned_ - 1] == '\r';
}

bool HeadReader::take_byte(std::string_view bytes) {
  const char c = bytes[scanned_];
  if (scanned_ >= limits_.max_head_bytes) {
    return expected_ == Expected::request_line
               ? refuse(414, "The request line is too long")
               : refuse(431, "The request head is too large: send fewer or shorter headers");
  }
  const bool after_cr = is_after_cr(bytes);
  if (c == '\n' && after_cr) {
    const std::string_view line = bytes.substr(line_, scanned_ - 1 - line_);
    line_ = scanned_ + 1;
    return take_line(line);
  }
  if (c == '\n') return refuse(400, "A line must end in CR LF, not in LF alone");
  if (after_cr) return refuse(400, "A CR must be followed by LF");
  if (!is_ordinary(c) && c != '\t' && c != '\r') {
    return refuse(400, "Control characters have no place in a request head; is this HTTP?");
  }
  return true;
}

bool HeadReader::take_line(std::string_view line) {
  if (expected_ == Expected::header) return line.empty() ? finish() : take_header(line);
  if (!line.empty()) return take_request_line(line);
  // Old clients send one CR LF after the body of a POST, which is then the first we see.
  if (skipped_empty_line_) return refuse(400, "The request line is empty");
  skipped_empty_line_ = true;
  return true;
}

bool HeadReader::take_request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || !is_token(line.substr(0, first))) {
    return refuse(400, "The request line must be: METHOD TARGET HTTP/1.1");
  }
  const std::string_view raw_target = line.substr(first + 1, last - first - 1);
  if (!take_version(line.substr(last + 1))) return false;
  if (raw_target.size() > limits_.max_target_bytes) return refuse(414, "The target is too long");
  auto target = parse_target(raw_target);
  if (!target) return refuse(400, "The target is not a valid path or URL");
  head_.request.method = method_of(line.substr(0, first));
  head_.request.path = std::move(target->path);
  head_.request.query = std::move(target->query);
  expected_ = Expected::header;
  return true;
}

bool HeadReader::take_version(std::string_view version) {
  if (version.size() != 8 || !version.starts_with("HTTP/") || !base::is_digit(version[5]) ||
      version[6] != '.' || !base::is_digit(version[7])) {
    return refuse(400, "The request line must end in HTTP/1.1 or HTTP/1.0");
  }
  if (version[5] != '1') return refuse(505, "Speak HTTP/1.1 or HTTP/1.0");
  head_.is_http_1_0 = version[7] == '0';
  return true;
}

bool HeadReader::take_header(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') {
    return refuse(400, "Folded header lines are obsolete: send the header in one line");
  }
  const auto colon = line.find(':');
  // A name that ends in a space is not a token: some parsers drop the space, others the header.
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
    return refuse(400, "A header line must be: Name: value, without a space before the colon");
  }
  const std::string_view name = line.substr(0, colon);
  for (const Field& field : kFields) {
    if (!base::equals_ignoring_case(name, field.name)) continue;
    return (this->*field.take)(base::trim(line.substr(colon + 1)));
  }
  return true;
}

bool HeadReader::finish() {
  if (!has_host_ && !head_.is_http_1_0) return refuse(400, "HTTP/1.1 requires a Host header");
  if (is_chunked_) {
    if (content_length_) {
      return refuse(400, "Send Content-Length or Transfer-Encoding, never both");
    }
    if (head_.is_http_1_0) return refuse(400, "HTTP/1.0 has no Transfer-Encoding");
    return *is_chunked_ ? refuse(411, "Send the body with a Content-Length, not in chunks")
                        : refuse(501, "Send the body with a Content-Length, without an encoding");
  }
  const std::uint64_t body_bytes = content_length_.value_or(0);
  if (body_bytes > 0 && head_.request.method == Method::other) {
    head_.ends_unread = true;  // no route takes it, so nobody will read that body
  } else if (body_bytes > 0 && head_.request.method != Method::post) {
    return refuse(400, "Only POST may have a body");
  } else if (body_bytes > limits_.max_body_bytes) {
    return refuse(413, "The body is too large");
  } else {
    head_.body_bytes = body_bytes;
  }
  head_.keep_alive = !wants_close_ && (!head_.is_http_1_0 || wants_keep_alive_);
  complete_ = true;
  return true;
}

bool HeadReader::take_host(std::string_view value) {
  if (has_host_) return refuse(400, "Send one Host header, not several");
  if (!is_host(value)) return refuse(400, "The Host header is not a host");
  has_host_ = true;
  return true;
}

bool HeadReader::take_connection(std::string_view value) {
  while (!value.empty()) {
    const auto end = std::min(value.find(','), value.size());
    const std::string_view option = base::trim(value.substr(0, end));
    value.remove_prefix(std::min(end + 1, value.size()));
    if (base::equals_ignoring_case(option, "close")) wants_close_ = true;
    if (base::equals_ignoring_case(option, "keep-alive")) wants_keep_alive_ = true;
  }
  return true;
}

bool HeadReader::take_content_length(std::string_view value) {
  if (content_length_) return refuse(400, "Send one Content-Length, not several");
  content_length_ = base::parse_uint(value);
  if (!content_length_) return refuse(400, "The Content-Length is not a number");
  return true;
}

bool HeadReader::take_transfer_encoding(std::string_view value) {
  if (is_chunked_) return refuse(400, "Send one Transfer-Encoding, not several");
  is_chunked_ = base::equals_ignoring_case(value, "chunked");
  return true;
}

bool HeadReader::take_expect(std::string_view value) {
  if (!base::equals_ignoring_case(value, "100-continue")) {
    return refuse(417, "The only expectation we know is 100-continue");
  }
  head_.expects_continue = !head_.is_http_1_0;
  return true;
}

bool HeadReader::take_accept(std::string_view value) {
  append_list(head_.request.accept, value);
  return true;
}

bool HeadReader::take_accept_encoding(std::string_view value) {
  append_list(head_.request.accept_encoding, value);
  return true;
}

bool HeadReader::take_authorization(std::string_view value) {
  // An empty one counts: of two, a proxy may take the first and we the second.
  if (has_authorization_) return refuse(400, "Send one Authorization header, not several");
  has_authorization_ = true;
  head_.request.authorization = value;
  return true;
}

bool HeadReader::take_scrape_timeout(std::string_view value) {
  head_.request.scrape_timeout = value;
  return true;
}

bool HeadReader::refuse(int status, std::string_view reason) {
  refusal_ = {.status = status, .reason = reason};
  return false;
}

}  // namespace http
