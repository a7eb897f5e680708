#include "schedule/watched_queue.h"

namespace schedule {

WatchedQueue::~WatchedQueue() {
  follow(std::nullopt);
}

void WatchedQueue::follow(const std::optional<base::SocketAddress>& listener) {
  if (listener == listener_) return;
  if (listener_) queues_.unwatch(*listener_);
  listener_ = listener;
  if (listener_) queues_.watch(*listener_);
}

std::optional<probe::ListenQueue> WatchedQueue::read(const net::QueueTable* table) const {
  if (table == nullptr || !listener_) return std::nullopt;
  return table->find(*listener_);
}

}  // namespace schedule
