#include "http/answer_reader.h"

#include <algorithm>

#include "base/text.h"

namespace http {

AnswerReader::Progress AnswerReader::feed(std::string_view bytes) {
  if (has_head_) {
    answer_.body += bytes;
    return progress();
  }
  head_ += bytes;
  const std::size_t end = head_.find("\r\n\r\n");
  if (end <= kMaxClientHeadBytes) return read_head(end);
  const bool may_be_http = head_.size() <= kMaxClientHeadBytes &&
                           std::string_view("HTTP/1.").starts_with(head_.substr(0, 7));
  return may_be_http ? Progress::need_more : Progress::not_http;
}

AnswerReader::Progress AnswerReader::end() const {
  return has_head_ && !has_length_ ? Progress::complete : Progress::need_more;
}

AnswerReader::Progress AnswerReader::read_head(std::size_t size) {
  std::string_view lines = std::string_view(head_).substr(0, size);
  const std::size_t first = std::min(lines.find("\r\n"), lines.size());
  if (!read_status(lines.substr(0, first))) return Progress::not_http;
  lines.remove_prefix(first);
  while (!lines.empty()) {
    lines.remove_prefix(2);
    const std::size_t next = std::min(lines.find("\r\n"), lines.size());
    read_header(lines.substr(0, next));
    lines.remove_prefix(next);
  }
  has_head_ = true;
  answer_.body = head_.substr(size + 4);
  head_ = std::string();
  return progress();
}

// "HTTP/1.1 200 OK"
bool AnswerReader::read_status(std::string_view line) {
  if (!line.starts_with("HTTP/1.") || line.size() < 12 || line[8] != ' ') return false;
  const auto status = base::parse_uint(line.substr(9, 3));
  if (!status) return false;
  answer_.status = static_cast<int>(*status);
  return true;
}

void AnswerReader::read_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = base::trim(line.substr(colon + 1));
  if (base::equals_ignoring_case(name, "X-Fastcgi-Health")) answer_.health = value;
  if (base::equals_ignoring_case(name, "X-Fastcgi-Exporter")) answer_.is_exporter = true;
  if (base::equals_ignoring_case(name, "X-Fastcgi-Error")) {
    answer_.wants_tls = value == "https-only";
    answer_.unknown_target = value == "unknown-target";
  }
  if (!base::equals_ignoring_case(name, "Content-Length")) return;
  if (const auto length = base::parse_uint(value)) {
    has_length_ = true;
    body_bytes_ = std::min<std::uint64_t>(*length, kMaxClientBodyBytes);
  }
}

AnswerReader::Progress AnswerReader::progress() {
  if (answer_.body.size() < body_bytes_) return Progress::need_more;
  answer_.body.resize(body_bytes_);
  return Progress::complete;
}

}  // namespace http
