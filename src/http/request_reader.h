// The requests of one connection out of its bytes: head, body, and what was sent ahead (pipelined)
// behind them. Pure. Idle it holds no memory; otherwise at most one read more than head and body.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/head.h"

namespace http {

class RequestReader {
 public:
  enum class Step : std::uint8_t {
    need_more,
    body_awaited,  // once, when the head is complete and its body is not: head() may be looked at
    complete,      // take() it
    refused,       // refusal() says why; nothing more can be read on this connection
  };

  void append(std::string_view bytes) { bytes_.append(bytes); }
  Step step(const HeadLimits& limits);

  const Head& head() const { return reader_->head(); }
  const Refusal& refusal() const { return reader_->refusal(); }
  // The request with its body; step() then goes on with what follows.
  Head take();
  // The request whose body is awaited, as one that nobody will read on from.
  Head take_without_body();

  bool is_empty() const { return bytes_.empty(); }
  bool is_reading_body() const { return body_announced_; }

 private:
  std::string bytes_;  // from the first byte of the request under way
  std::unique_ptr<HeadReader> reader_;
  bool head_complete_ = false;
  bool body_announced_ = false;
};

}  // namespace http
