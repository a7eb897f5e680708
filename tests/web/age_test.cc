#include "web/age.h"

#include <gtest/gtest.h>

namespace web {
namespace {

using namespace std::chrono_literals;

TEST(Age, OfWhatWasWrittenAfterTheClockWasReadIsZero) {
  constexpr base::TimePoint now{10s};
  EXPECT_EQ(age(now - 3s, now), 3s);
  EXPECT_EQ(age(now + 188ms, now), 0s);
}

}  // namespace
}  // namespace web
