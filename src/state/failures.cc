#include "state/failures.h"

#include <utility>

namespace state {

void Failures::keep(std::shared_ptr<const TargetRecord> target, Failure failure) {
  Kept kept{.target = std::move(target),
            .failure = std::make_shared<const Failure>(std::move(failure))};
  const TargetRecord* const key = kept.target.get();
  // What goes is freed after the lock is: it may be the last reference to a record.
  Kept gone;
  base::MutexLock lock(mutex_);
  const auto known = places_.find(key);
  if (known != places_.end()) {
    gone = std::exchange(*known->second, std::move(kept));
    order_.splice(order_.begin(), order_, known->second);
    return;
  }
  if (order_.size() == kMaxFailuresKept) {
    places_.erase(order_.back().target.get());
    gone = std::exchange(order_.back(), std::move(kept));
    order_.splice(order_.begin(), order_, std::prev(order_.end()));
  } else {
    order_.push_front(std::move(kept));
  }
  places_.emplace(key, order_.begin());
}

std::shared_ptr<const Failure> Failures::of(const TargetRecord& target) const {
  base::MutexLock lock(mutex_);
  const auto found = places_.find(&target);
  return found == places_.end() ? nullptr : found->second->failure;
}

}  // namespace state
