// The kernel's accept queues of local listeners, unprivileged, by NETLINK_SOCK_DIAG, on a thread of
// its own: once a second one dump of all listeners (7.5 ms for 9,500 of them; never per beat), and
// sooner when somebody asks. A unix socket is found by device and inode of its path, an abstract
// one by its name, a tcp one by address and port, where the address is one of this machine; a
// wildcard listener is found under each of them. Sockets that share a port (SO_REUSEPORT) add up.
// Nothing is asked of the kernel while nothing is watched that could be here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/address.h"
#include "base/time.h"
#include "probe/evidence.h"

namespace net {

inline constexpr std::size_t kMaxWatchedListeners = 65'536;  // more are unreadable
inline constexpr std::chrono::milliseconds kQueueSampleInterval{1000};
// One dump serves all who ask within.
inline constexpr std::chrono::milliseconds kQueueSampleShared{50};

// Whether a local client reaches the same listener under both.
bool same_listener(const base::SocketAddress& one, const base::SocketAddress& other);

// One sample of all watched listeners. Immutable.
class QueueTable {
 public:
  virtual ~QueueTable() = default;
  // Nothing: unreadable (no such listener here: remote, another network namespace, gone; its file
  // on btrfs, or on an overlay of several file systems; or no diag).
  virtual std::optional<probe::ListenQueue> find(const base::SocketAddress& listener) const = 0;
  virtual base::TimePoint taken() const = 0;  // when its dump began
};

class ListenQueues {
 public:
  ListenQueues();   // starts the thread; throws std::system_error
  ~ListenQueues();  // at once; joins

  // Any thread. The listener is in every sample that begins from now on, until as many calls of
  // unwatch(). A new one is sampled within kQueueSampleShared, together with all that come by then.
  // Returned is one address for all who watch the same_listener(), so that none needs its own.
  std::shared_ptr<const base::SocketAddress> watch(const base::SocketAddress& listener);
  void unwatch(const base::SocketAddress& listener);

  // Any thread: the last sample; null before the first. Never waits.
  std::shared_ptr<const QueueTable> table() const;

  // Any thread: asks for a sample that begins after this call (or less than kQueueSampleShared
  // before it, if it knows of all that is watched now; QueueTable::taken() tells). `on_done` is
  // called once on the thread of this object, when table() has it, or failed to; keep it to a
  // wake(). Dropped uncalled when this object ends; what it captures must live until one or the
  // other.
  void refresh(std::function<void()> on_done);

  // Any thread: why the last sample could not read what is watched here, and what to do, for one
  // line in the log; empty when all is well.
  std::string problem() const;

 private:
  class Thread;
  std::unique_ptr<Thread> thread_;
};

}  // namespace net
