// One client's connection: its socket, what came in, what goes out, and when it last moved. Owned
// by the front's thread. Idle it costs a descriptor and about 300 bytes.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "base/unique_fd.h"
#include "http/output.h"
#include "http/request_reader.h"
#include "http/tls_channel.h"
#include "net/event_loop.h"

namespace http {

// Never given twice: an event, a timer or a reply that comes too late finds nobody.
using ConnectionId = std::uint64_t;

class Connection {
 public:
  // Named by what it waits for.
  enum class State : std::uint8_t {
    handshake,   // the client's part of it, or the pool's
    request,     // the rest of a request, or the next one
    answer,      // the pool, or whoever holds the reply
    room,        // the client to take the answer
    end_of_file  // the client to close, after an answer that it may still be reading
  };
  enum class Input : std::uint8_t { bytes, nothing, ended };
  enum class Sent : std::uint8_t { all, some, failed };

  Connection(ConnectionId id, base::UniqueFd fd, std::string peer)
      : id_(id), fd_(std::move(fd)), peer_(std::move(peer)) {}

  ConnectionId id() const { return id_; }
  int fd() const { return fd_.get(); }
  const std::string& peer() const { return peer_; }

  // One read into `scratch`, which all connections share; the reader gets a copy. Of TLS it gets
  // all that can be decrypted, since what stays behind raises no event.
  Input receive(std::span<char> scratch);
  // The same, kept from the reader: `bytes` are in `scratch`.
  Input receive_raw(std::span<char> scratch, std::string_view& bytes);
  // What TLS has received already.
  Input decrypt(std::span<char> scratch);
  // One read whose bytes nobody wants.
  Input discard(std::span<char> scratch);

  // Sends until all is gone, the kernel has no room or `max_bytes` went.
  Sent send(std::size_t max_bytes);
  // A few bytes aside from the answer ("100 Continue"); lost when there is no room for them.
  void send_now(std::string_view bytes);
  // What TLS has for the client, as far as there is room; the rest goes before the next answer.
  Sent send_tls();
  // Says that no more answers follow, where TLS is spoken; without it they may be cut off.
  void end_tls();
  // No more answers; the client still gets what it has not read yet.
  void end_sending();

  RequestReader reader;
  Output output;
  std::unique_ptr<TlsChannel> tls;  // null: plain, not begun, or with the pool

  // Written by the front only.
  State state = State::request;
  net::Interest interest = net::Interest::read;
  bool in_reserve = false;  // holds a place that is kept for complete requests
  bool keep_alive = false;  // our verdict about the request under way
  bool is_http_1_0 = false;
  bool head_only = false;
  bool head_deadline_set = false;   // for the request under way
  bool uses_tls = false;            // from the first byte on
  const Route* place_on = nullptr;  // the limited route whose place this exchange holds
  bool linger = false;              // bytes may follow that we will not read
  std::uint32_t exchange = 0;  // counts requests, so that a second reply is no answer to the next
  std::list<Connection*>::iterator listed;            // in Places
  base::TimePoint due;                                // when the time is up
  base::TimePoint timer_at = base::TimePoint::max();  // at `due` or before; max: no timer
  base::TimePoint waiting_since;  // for a request: since the accept or the last answer
  base::TimePoint sending_since;
  std::uint64_t sent_bytes = 0;     // of this answer
  std::uint64_t counted_bytes = 0;  // of sent_bytes, when the send deadline was last moved
  std::uint64_t drained_bytes = 0;

 private:
  Sent send_plain(std::size_t max_bytes);
  Sent send_encrypted(std::size_t max_bytes);

  const ConnectionId id_;
  base::UniqueFd fd_;
  std::string peer_;
};

static_assert(sizeof(Connection) <= 296, "idle connections are many");

}  // namespace http
