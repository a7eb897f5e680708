#include "schedule/watched_queue.h"

namespace schedule {

WatchedQueue::~WatchedQueue() {
  follow(std::nullopt);
}

void WatchedQueue::follow(const std::optional<base::SocketAddress>& listener) {
  if (!listener && listener_ == nullptr) return;
  if (listener && listener_ && net::same_listener(*listener, *listener_)) return;
  if (listener_) queues_.unwatch(*listener_);
  listener_ = listener ? queues_.watch(*listener) : nullptr;
}

std::optional<probe::ListenQueue> WatchedQueue::read(const net::QueueTable* table) const {
  if (table == nullptr || listener_ == nullptr) return std::nullopt;
  return table->find(*listener_);
}

}  // namespace schedule
