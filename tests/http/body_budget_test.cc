#include "http/body_budget.h"

#include <gtest/gtest.h>

#include <memory>

namespace http {
namespace {

base::SharedChunks any_body() {
  return std::make_shared<const base::Chunks>();
}

TEST(BodyBudget, RefusesWhatWouldPassTheLimit) {
  BodyBudget budget(100'000);
  const auto first = any_body(), second = any_body(), third = any_body();
  EXPECT_TRUE(budget.admit(first, 60'000));
  EXPECT_FALSE(budget.admit(second, 60'000));
  EXPECT_TRUE(budget.admit(third, 40'000));
  budget.release(first.get());
  EXPECT_EQ(budget.bytes(), 40'000U);
  EXPECT_TRUE(budget.admit(second, 60'000));
}

TEST(BodyBudget, CountsASharedBodyOnce) {
  BodyBudget budget(100'000);
  const auto shared = any_body();
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(budget.admit(shared, 90'000));
  EXPECT_EQ(budget.bytes(), 90'000U);
  for (int i = 0; i < 49; ++i) budget.release(shared.get());
  EXPECT_FALSE(budget.admit(any_body(), 90'000));
  budget.release(shared.get());
  EXPECT_EQ(budget.bytes(), 0U);
}

TEST(BodyBudget, NeverRefusesSmallBodies) {
  BodyBudget budget(0);
  EXPECT_TRUE(budget.admit(any_body(), 1'000'000));  // alone
  EXPECT_TRUE(budget.admit(any_body(), BodyBudget::kSmallBytes));
  EXPECT_TRUE(budget.admit(nullptr, 0));
  EXPECT_EQ(budget.bytes(), 1'000'000U);
}

TEST(BodyBudget, IgnoresTheReleaseOfWhatItNeverCounted) {
  BodyBudget budget(10);
  budget.release(nullptr);
  budget.release(any_body().get());
  EXPECT_EQ(budget.bytes(), 0U);
}

}  // namespace
}  // namespace http
