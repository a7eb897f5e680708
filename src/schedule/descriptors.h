// How many sockets the probes may hold together, so that HTTP and health answers always find a
// descriptor. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

namespace schedule {

class DescriptorBudget {
 public:
  explicit DescriptorBudget(std::int64_t limit) : limit_(limit) {}

  bool take();  // false: none left; the beat counts as skipped{limit}
  void give_back();
  std::int64_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  const std::int64_t limit_;
  std::atomic<std::int64_t> taken_{0};
};

// One descriptor of the budget, given back when the lease ends. The budget outlives it.
class DescriptorLease {
 public:
  static std::optional<DescriptorLease> take(DescriptorBudget& budget);  // nothing: none left
  ~DescriptorLease();
  DescriptorLease(DescriptorLease&& other) noexcept
      : budget_(std::exchange(other.budget_, nullptr)) {}
  DescriptorLease& operator=(DescriptorLease&&) = delete;

 private:
  explicit DescriptorLease(DescriptorBudget& budget) : budget_(&budget) {}
  DescriptorBudget* budget_;
};

}  // namespace schedule
