// One FastCGI request over one connection, as facts: socket, connect, one send, read to
// END_REQUEST, close at once (a client that lingers holds a PHP-FPM worker). Non-blocking; owned by
// one worker thread, which waits for fd() in its loop. Nothing is called back: each step returns
// whether there is an Attempt. Judging is not done here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "base/unique_fd.h"
#include "fastcgi/response_reader.h"
#include "net/event_loop.h"
#include "probe/attempt.h"

namespace net {

// What one peer may make its worker do before the next one gets its turn.
inline constexpr std::size_t kReadBytes = 16 << 10;
inline constexpr int kMaxReadsPerTurn = 4;
inline constexpr std::size_t kMaxTranscriptBytes = 64 << 10;  // of each direction, for logs

struct ExchangeRequest {
  // Tried in order within the deadline; not empty.
  std::shared_ptr<const std::vector<base::SocketAddress>> addresses;
  std::shared_ptr<const std::string> request;  // from fastcgi::encode_request; not empty
  base::Duration resolve_time{};               // becomes the phase; not part of `elapsed`
  std::size_t kept_bytes = 0;                  // of each direction, the first ones: for people
};

// The kernel had no descriptor or no memory for us: our fault, and no verdict about the target.
// A missing route, address family or local address (EADDRNOTAVAIL: IPv6 switched off, as a rule)
// is not among them: it lasts, the next address may do, and judged it says "unreachable", which is
// no proof of death.
bool is_own_shortage(int error_number);

class Exchange {
 public:
  Exchange(ExchangeRequest request, base::TimePoint now);

  // no_descriptor: ended_by_own_shortage(), so the beat is skipped and not judged.
  enum class Start { under_way, finished, no_descriptor };
  // Call once. Durations count from `now`: when many start in one turn, read the clock for each.
  Start start(base::TimePoint now);

  const base::SocketAddress& address() const { return (*request_.addresses)[address_index_]; }
  int fd() const { return socket_.get(); }  // changes with the address; -1 once finished
  Interest interest() const;                // what to wait for now

  // Tells `loop` what has changed in the two above, if anything has: call after start() and after
  // each advance() that did not finish. Mostly this is one system call in an exchange's life.
  // False (errno) when the kernel refuses to watch the socket, which is our shortage as well.
  [[nodiscard]] bool wait_in(EventLoop& loop, std::uint64_t key);

  // Call when fd() is ready (at any other time it does no harm): does as much as the socket
  // allows, within kMaxReadsPerTurn. True once the attempt is finished; the socket is closed then.
  // Between two addresses, or for the bytes, the kernel may run short: ended_by_own_shortage().
  bool advance(base::TimePoint now);

  // What the attempt would be if it ended at `now` with a time-out. The exchange goes on: a late
  // answer can still arrive through advance(). Once finished, the attempt as it is.
  probe::Attempt timed_out(base::TimePoint now) const;
  // These two once finished.
  const probe::Attempt& attempt() const { return attempt_; }
  probe::Attempt take_attempt() { return std::move(attempt_); }

  bool is_finished() const { return state_ == State::finished; }

  // Once finished: no descriptor, or no kernel memory to connect, to send or to receive. That is
  // our own affair and says nothing about the peer.
  bool ended_by_own_shortage() const;
  bool is_connected() const { return phase_ > probe::Phase::connect; }
  // Transcript bytes, empty unless kept; and how many there were in all.
  std::string_view sent() const;
  std::string_view received() const { return received_; }
  std::size_t sent_bytes() const { return sent_bytes_; }
  std::uint64_t received_bytes() const { return reader_.bytes_fed(); }
  std::string take_received() { return std::move(received_); }

 private:
  // Named by what it waits for.
  enum class State : std::uint8_t { connecting, sending, receiving, finished };

  // These three: 0, or why the address in hand is of no use.
  int open_and_send(base::TimePoint now);
  int connect_socket(base::TimePoint now);
  int send_more(base::TimePoint now);
  int send_stopped(int error_number, base::TimePoint now);
  void try_next_after(int error_number, base::TimePoint now);

  void receive_more(base::TimePoint now);
  void receive_stopped(int error_number, base::TimePoint now);
  void take_bytes(std::string_view bytes, base::TimePoint now);
  bool is_talking_to_itself(std::string_view first_bytes) const;
  void give_up_own_echo(base::TimePoint now);

  base::Duration& duration_of(probe::Phase phase) {
    return phases_[static_cast<std::size_t>(phase)];
  }
  void connected(base::TimePoint now);
  void enter(probe::Phase phase, base::TimePoint now);
  void finish(probe::End end, int error_number, base::TimePoint now);
  void fill(probe::Attempt& attempt) const;

  const ExchangeRequest request_;
  base::UniqueFd socket_;
  State state_ = State::connecting;
  std::optional<Interest> watched_;  // what the loop knows of socket_
  std::size_t address_index_ = 0;
  std::size_t sent_bytes_ = 0;
  int send_error_ = 0;  // the peer takes no more bytes, but may have answered
  fastcgi::ResponseReader reader_;
  fastcgi::Progress progress_ = fastcgi::Progress::need_more;
  std::string received_;

  // Exactly one phase runs at any time, so that their sum is the time that has passed.
  probe::Phase phase_ = probe::Phase::connect;
  base::TimePoint phase_began_;
  probe::Phases phases_{};

  probe::Attempt attempt_;  // once finished
};

}  // namespace net
