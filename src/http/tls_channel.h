// The TLS of one connection, between two buffers: what came from the client goes in, what has to go
// to it comes out; no socket. Made at the client's first byte, since it costs tens of kilobytes.
// Used by one thread at a time: the pool's while it works on the handshake, then the front's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "http/tls_context.h"

namespace http {

class TlsChannel {
 public:
  explicit TlsChannel(std::shared_ptr<const TlsContext> context);  // throws std::bad_alloc
  ~TlsChannel();
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;

  // Takes a copy of what the client sent. Before the next, work on these: shake hands, or read.
  void feed(std::string_view encrypted);

  enum class Handshake : std::uint8_t { need_more, done, failed };
  Handshake shake_hands();
  const std::string& failure() const { return failure_; }  // why it failed

  // After the handshake.
  struct Plain {
    std::size_t size = 0;  // bytes put into the buffer
    bool is_over = false;  // the client ended it, or broke it: nothing more comes
  };
  Plain read(std::span<char> buffer);
  bool write(std::string_view plain);  // all of it, into unsent(); false: it is broken
  void end();                          // says that nothing more follows

  // For the client, encrypted.
  std::string_view unsent() const { return std::string_view(unsent_).substr(sent_); }
  void sent(std::size_t bytes);

 private:
  void collect();

  const std::shared_ptr<const TlsContext> context_;
  ssl_st* session_;
  bool is_broken_ = false;
  std::string failure_;
  std::string unsent_;
  std::size_t sent_ = 0;  // of unsent_
};

}  // namespace http
