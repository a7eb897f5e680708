#include "state/board.h"

#include <algorithm>
#include <utility>

namespace state {

TargetSet::TargetSet(std::vector<std::shared_ptr<TargetRecord>> records)
    : records_(std::move(records)) {
  std::sort(records_.begin(), records_.end(),
            [](const auto& a, const auto& b) { return a->identity().name < b->identity().name; });
}

const TargetRecord* TargetSet::find(std::string_view name) const {
  const auto found = std::lower_bound(
      records_.begin(), records_.end(), name,
      [](const auto& record, std::string_view wanted) { return record->identity().name < wanted; });
  const bool is_there = found != records_.end() && (*found)->identity().name == name;
  return is_there ? found->get() : nullptr;
}

std::shared_ptr<const TargetSet> Board::targets() const {
  base::MutexLock lock(mutex_);
  return targets_;
}

void Board::replace(std::shared_ptr<const TargetSet> targets) {
  // Swapped, so that the old set (it may hold the last reference to 10,000 records) is freed after
  // the lock is.
  base::MutexLock lock(mutex_);
  targets_.swap(targets);
}

}  // namespace state
