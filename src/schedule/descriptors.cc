#include "schedule/descriptors.h"

namespace schedule {

bool DescriptorBudget::take() {
  std::int64_t taken = taken_.load(std::memory_order_relaxed);
  while (taken < limit_) {
    if (taken_.compare_exchange_weak(taken, taken + 1, std::memory_order_relaxed)) return true;
  }
  return false;
}

void DescriptorBudget::give_back() {
  taken_.fetch_sub(1, std::memory_order_relaxed);
}

std::optional<DescriptorLease> DescriptorLease::take(DescriptorBudget& budget) {
  if (!budget.take()) return std::nullopt;
  return DescriptorLease(budget);
}

DescriptorLease::~DescriptorLease() {
  if (budget_ != nullptr) budget_->give_back();
}

}  // namespace schedule
