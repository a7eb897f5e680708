// The head of one HTTP request, read out of a client's bytes as they come. Pure: no socket, no
// clock; each byte is looked at once. Strict: whatever two HTTP parsers could understand in two
// ways is refused, so that nothing can be smuggled past a proxy in front of us.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/message.h"

namespace http {

struct HeadLimits {
  std::size_t max_head_bytes = 16 << 10;   // more: 431
  std::size_t max_target_bytes = 8 << 10;  // more: 414
  std::size_t max_body_bytes = 4 << 10;    // more: 413
};

enum class Progress : std::uint8_t { need_more, complete, refused };

struct Refusal {
  int status = 0;
  std::string_view reason;  // what to do about it; a literal, never a client's bytes
};

struct Head {
  Request request;  // without its body and its peer
  bool is_http_1_0 = false;
  bool keep_alive = false;        // what the client wants; the decision is the front's
  std::uint64_t body_bytes = 0;   // POST only
  bool expects_continue = false;  // the client sends the body only when told to
  bool ends_unread = false;       // a body follows that nobody reads: close after the answer
};

class HeadReader {
 public:
  explicit HeadReader(HeadLimits limits) : limits_(limits) {}

  // `bytes`: all that came since the head's first byte; each call may only add to their end.
  Progress read(std::string_view bytes);

  Head& head() { return head_; }                    // when complete
  std::size_t head_bytes() const { return line_; }  // when complete: body or next request follow
  const Refusal& refusal() const { return refusal_; }

 private:
  enum class Expected : std::uint8_t { request_line, header };
  struct Field;
  static const Field kFields[];

  void skip_ordinary(std::string_view bytes);
  bool is_after_cr(std::string_view bytes) const;

  // Each returns false after a refusal.
  bool take_byte(std::string_view bytes);
  bool take_line(std::string_view line);
  bool take_request_line(std::string_view line);
  bool take_version(std::string_view version);
  bool take_header(std::string_view line);
  bool finish();

  bool take_host(std::string_view value);
  bool take_connection(std::string_view value);
  bool take_content_length(std::string_view value);
  bool take_transfer_encoding(std::string_view value);
  bool take_expect(std::string_view value);
  bool take_accept(std::string_view value);
  bool take_accept_encoding(std::string_view value);
  bool take_authorization(std::string_view value);
  bool take_scrape_timeout(std::string_view value);

  bool refuse(int status, std::string_view reason);

  HeadLimits limits_;
  std::size_t line_ = 0;     // where the line being read begins
  std::size_t scanned_ = 0;  // bytes looked at
  Expected expected_ = Expected::request_line;
  bool skipped_empty_line_ = false;
  bool complete_ = false;
  Head head_;
  bool has_host_ = false;
  bool has_authorization_ = false;
  bool wants_close_ = false;
  bool wants_keep_alive_ = false;
  std::optional<std::uint64_t> content_length_;
  std::optional<bool> is_chunked_;  // set: a Transfer-Encoding was given
  Refusal refusal_;
};

}  // namespace http
