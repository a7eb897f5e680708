#include "schedule/descriptors.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace schedule {
namespace {

TEST(DescriptorBudget, GivesUpToItsLimit) {
  DescriptorBudget budget(2);
  EXPECT_TRUE(budget.take());
  EXPECT_TRUE(budget.take());
  EXPECT_FALSE(budget.take());
  budget.give_back();
  EXPECT_TRUE(budget.take());
}

TEST(DescriptorBudget, OfNothingGivesNothing) {
  EXPECT_FALSE(DescriptorBudget(0).take());
}

TEST(DescriptorBudget, IsNeverExceededByThreadsThatTakeAtOnce) {
  constexpr int kLimit = 3;
  DescriptorBudget budget(kLimit);
  std::atomic<int> held = 0;
  std::atomic<bool> exceeded = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 10'000; ++round) {
        if (!budget.take()) continue;
        if (++held > kLimit) exceeded = true;
        --held;
        budget.give_back();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(exceeded);
  EXPECT_EQ(budget.taken(), 0);
}

TEST(DescriptorLease, IsGivenBackOnceWhereverItWasMoved) {
  DescriptorBudget budget(1);
  {
    std::optional<DescriptorLease> lease = DescriptorLease::take(budget);
    ASSERT_TRUE(lease);
    EXPECT_FALSE(DescriptorLease::take(budget));
    const DescriptorLease moved = std::move(*lease);
    lease.reset();
    EXPECT_EQ(budget.taken(), 1);
  }
  EXPECT_EQ(budget.taken(), 0);
}

}  // namespace
}  // namespace schedule
