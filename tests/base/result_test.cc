#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace base {
namespace {

TEST(Result, HoldsAValue) {
  const Result<std::string> result("value");
  EXPECT_TRUE(result.has_value());
  EXPECT_TRUE(static_cast<bool>(result));
  EXPECT_EQ(*result, "value");
  EXPECT_EQ(result->size(), 5U);
}

TEST(Result, HoldsAReason) {
  const Result<std::string> result(Unexpected{"why not"});
  EXPECT_FALSE(result.has_value());
  EXPECT_EQ(result.error(), "why not");
}

TEST(Result, GivesAwayAValueThatCannotBeCopied) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 7);
}

}  // namespace
}  // namespace base
