// One answer on its way out: the head, then the shared chunks of the body, which are never copied.
// Pure: hands out pieces for sendmsg() and is told how much of them went.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/chunks.h"

namespace http {

class Output {
 public:
  void start(std::string head, base::SharedChunks body);

  // Fills `pieces` with what comes next, at most `max_bytes`; returns how many were filled.
  std::size_t next(std::span<iovec> pieces, std::size_t max_bytes) const;
  void sent(std::size_t bytes);
  bool is_done() const { return index_ == piece_count(); }

  const base::SharedChunks& body() const { return body_; }
  // Lets go of the body, which may be tens of megabytes.
  void clear();

 private:
  std::size_t piece_count() const { return body_ ? 1 + body_->size() : 1; }
  std::string_view piece(std::size_t index) const;
  void skip_sent();

  std::string head_;
  base::SharedChunks body_;
  std::size_t index_ = 0;   // of the piece under way: 0 is the head, the chunks follow
  std::size_t offset_ = 0;  // into that piece
};

}  // namespace http
