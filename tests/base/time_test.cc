#include "base/time.h"

#include <gtest/gtest.h>

namespace base {
namespace {

using namespace std::chrono_literals;

TEST(Seconds, KeepsFractions) {
  EXPECT_DOUBLE_EQ(seconds(1500ms), 1.5);
  EXPECT_DOUBLE_EQ(seconds(1ns), 1e-9);
}

TEST(UnixSeconds, IsZeroForNever) {
  EXPECT_EQ(unix_seconds(WallTime{}), 0.0);
  EXPECT_DOUBLE_EQ(unix_seconds(WallTime(1'795'381'200s + 123ms)), 1'795'381'200.123);
}

}  // namespace
}  // namespace base
