#include "http/body_budget.h"

namespace http {

bool BodyBudget::admit(const base::SharedChunks& body, std::size_t bytes) {
  if (bytes <= kSmallBytes) return true;
  const auto shared = held_.find(body.get());
  if (shared != held_.end()) {
    ++shared->second.connections;
    return true;
  }
  if (bytes_ > 0 && bytes_ + bytes > max_bytes_) return false;
  held_.emplace(body.get(), Held{.bytes = bytes, .connections = 1});
  bytes_ += bytes;
  return true;
}

void BodyBudget::release(const base::Chunks* body) {
  const auto held = held_.find(body);
  if (held == held_.end() || --held->second.connections > 0) return;
  bytes_ -= held->second.bytes;
  held_.erase(held);
}

}  // namespace http
