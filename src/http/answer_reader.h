// An HTTP answer out of its bytes, as far as `check` has to understand it: what our own pages send,
// and of all others enough to tell them from ours. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace http {

inline constexpr std::size_t kMaxClientHeadBytes = 16 << 10;
inline constexpr std::size_t kMaxClientBodyBytes = 64 << 10;  // more than any health page has

struct ClientAnswer {
  int status = 0;
  std::string body;          // the first kMaxClientBodyBytes of it
  std::string health;        // X-Fastcgi-Health, "" when absent
  bool is_exporter = false;  // X-Fastcgi-Exporter is there
  bool unknown_target = false;
  bool wants_tls = false;
};

class AnswerReader {
 public:
  enum class Progress : std::uint8_t { need_more, complete, not_http };

  Progress feed(std::string_view bytes);
  // Nothing more comes, which is how an answer without a Content-Length ends; need_more: it is cut
  // off.
  Progress end() const;

  ClientAnswer& answer() { return answer_; }

 private:
  Progress read_head(std::size_t size);
  bool read_status(std::string_view line);
  void read_header(std::string_view line);
  Progress progress();

  std::string head_;  // until it is read; then what follows goes to the body
  bool has_head_ = false;
  std::size_t body_bytes_ = kMaxClientBodyBytes;  // that are awaited
  bool has_length_ = false;
  ClientAnswer answer_;
};

}  // namespace http
