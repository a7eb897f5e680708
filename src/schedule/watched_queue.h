// The kernel's accept queue at the address that a lane asks, watched for as long as this lives. One
// thread: the worker's.
#pragma once

#include <memory>
#include <optional>

#include "base/address.h"
#include "net/listen_queues.h"
#include "probe/evidence.h"

namespace schedule {

class WatchedQueue {
 public:
  explicit WatchedQueue(net::ListenQueues& queues) : queues_(queues) {}  // which outlives this
  ~WatchedQueue();
  WatchedQueue(const WatchedQueue&) = delete;
  WatchedQueue& operator=(const WatchedQueue&) = delete;

  // A name may get another address; nothing: none is known yet.
  void follow(const std::optional<base::SocketAddress>& listener);
  // Nothing: unreadable, or no sample yet.
  std::optional<probe::ListenQueue> read(const net::QueueTable* table) const;

 private:
  net::ListenQueues& queues_;
  std::shared_ptr<const base::SocketAddress> listener_;  // null: none is watched
};

}  // namespace schedule
