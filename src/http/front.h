// The HTTP front: owns every connection, on one thread, and knows no target. Idle, slow and
// malformed connections cost one descriptor and a few hundred bytes; no connection can delay
// another's answer.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "http/guard.h"
#include "http/message.h"

namespace http {

struct FrontOptions {
  std::vector<base::Address> listen;
  std::size_t max_connections = 4096;
  std::size_t reserved_connections = 64;  // places kept for requests that arrive complete at once
  std::size_t max_head_bytes = 16 << 10;
  std::size_t max_body_bytes = 4 << 10;
  base::Duration head_deadline = std::chrono::seconds(10);
  base::Duration idle_deadline = std::chrono::seconds(60);  // between requests of a kept connection
  base::Duration send_deadline = std::chrono::seconds(60);  // for each 16 KiB of an answer
  std::size_t max_response_bytes_in_flight = 128 << 20;     // more: 503
  std::size_t send_bytes_per_turn = 256 << 10;
  std::size_t page_threads = 2;   // nice 10
  std::size_t page_queue = 64;    // more: 503
  std::size_t max_parked = 1024;  // more: 503
  std::size_t max_tls_connections = 1024;
  std::size_t max_handshakes = 256;  // not finished; one more ends the oldest
  base::Duration handshake_deadline = std::chrono::seconds(5);  // from its first byte
  std::size_t password_queue = 64;  // different logins that wait for their turn; more: 503
  // Requests that wait for a login, the same or different ones; more, or more than half of the
  // connections: 503.
  std::size_t max_waiting_for_login = 512;
  // Sockets that listen already and become the front's, besides `listen`: systemd's.
  std::vector<int> adopted = {};
  std::shared_ptr<const Access> access = std::make_shared<const Access>();
  std::vector<std::string> open_paths = {};  // see Guard
};

class Front {
 public:
  // Binds and listens at once, so that a failure ends the start: throws std::system_error whose
  // text names the address.
  Front(FrontOptions options, std::vector<Route> routes);
  ~Front();

  // The front thread, until stop(): then answers in flight get a second, and everything is closed.
  // Called once.
  void run();
  void stop();  // any thread

  // From the next request and handshake on; any thread. Connections that speak TLS, or do not, go
  // on as they began.
  void replace(std::shared_ptr<const Access> access);

  // What was really bound: port 0 has become a number.
  const std::vector<base::Address>& bound() const;

  // Any thread.
  std::int64_t connections() const;
  std::uint64_t evicted() const;
  std::uint64_t failed_handshakes() const;
  std::map<int, std::uint64_t> requests_by_code() const;
  base::TimePoint last_turn() const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace http
