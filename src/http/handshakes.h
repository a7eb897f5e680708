// The TLS handshakes that are not finished: how many there may be, who goes first, and the thread
// at nice 10 that works on them; a private key's signature takes a millisecond or more, too long
// for the front's thread. Used by the front's thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/time.h"
#include "http/connection.h"
#include "http/pool.h"
#include "http/reply.h"
#include "http/tls_channel.h"

namespace http {

class Handshakes {
 public:
  struct Step {
    std::unique_ptr<TlsChannel> channel;
    TlsChannel::Handshake result = TlsChannel::Handshake::failed;
  };
  // On the front's thread, with what the pool has done for a connection that still wants it.
  using Deliver = std::function<void(ConnectionId, Step)>;

  // Takes at most `max_unfinished`.
  Handshakes(std::size_t max_unfinished, std::shared_ptr<ReturnPath> path, Deliver deliver);

  // The connection that has to be closed to make room for this one, if any: the oldest of those
  // that wait for their client. Who waits for us is not made to pay for it while there are others.
  std::optional<ConnectionId> begin(ConnectionId id, base::TimePoint now);
  // Finished, failed or closed; what the pool holds of it is dropped, undone if it has not begun.
  void end(ConnectionId id);

  // Hands the channel over until it is delivered.
  void work_on(ConnectionId id, std::unique_ptr<TlsChannel> channel);

  std::size_t size() const { return since_.size(); }

 private:
  // One that the thread works on and one that it goes on with: all others wait here, where one
  // whose connection is gone costs nothing.
  static constexpr std::size_t kInPool = 2;

  struct Job {
    ConnectionId id;
    std::unique_ptr<TlsChannel> channel;  // whoever runs the job, then whoever it is delivered to
    std::atomic<bool> is_wanted{true};
  };
  void start_more();
  std::optional<ConnectionId> first_to_go() const;
  void finish(const std::shared_ptr<Job>& job, TlsChannel::Handshake result);

  const std::size_t max_unfinished_;
  const std::shared_ptr<ReturnPath> path_;
  const Deliver deliver_;
  std::unordered_map<ConnectionId, base::TimePoint> since_;
  std::set<std::pair<base::TimePoint, ConnectionId>> wait_for_client_;
  std::deque<std::shared_ptr<Job>> waiting_;
  std::vector<std::shared_ptr<Job>> in_pool_;
  Pool pool_;
};

}  // namespace http
