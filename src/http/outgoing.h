// A connection that we open, blocking, each of whose waits ends at one deadline: for `check` only.
// Any thread; used by one at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/time.h"
#include "base/unique_fd.h"
#include "http/tls_channel.h"

namespace http {

class Outgoing {
 public:
  explicit Outgoing(base::TimePoint deadline) : deadline_(deadline) {}

  // False, of each: problem() says why, and nothing can be done with it any more.
  bool connect(const base::SocketAddress& server);
  bool start_tls();  // the server's certificate is not looked at
  bool send(std::string_view bytes);
  // What has come, appended to `bytes`; nothing is appended when the server has ended.
  bool receive(std::string& bytes);

  const std::string& problem() const { return problem_; }

 private:
  bool send_raw(std::string_view bytes);
  bool receive_raw(std::string& bytes);
  bool send_encrypted();
  bool wait_for(short events);
  bool fail(std::string problem);
  bool fail(const char* what, int error_number);

  const base::TimePoint deadline_;
  base::UniqueFd fd_;
  std::unique_ptr<TlsChannel> tls_;  // null: plain
  std::string problem_;
};

}  // namespace http
