#include "base/timers.h"

namespace base {

void Timers::set(Key key, TimePoint due) {
  cancel(key);
  order_.emplace(due, key);
  due_.emplace(key, due);
}

void Timers::cancel(Key key) {
  const auto found = due_.find(key);
  if (found == due_.end()) return;
  order_.erase({found->second, key});
  due_.erase(found);
}

std::optional<TimePoint> Timers::next_due() const {
  if (order_.empty()) return std::nullopt;
  return order_.begin()->first;
}

std::optional<Timers::Key> Timers::pop_due(TimePoint now) {
  if (order_.empty() || order_.begin()->first > now) return std::nullopt;
  const Key key = order_.begin()->second;
  order_.erase(order_.begin());
  due_.erase(key);
  return key;
}

}  // namespace base
