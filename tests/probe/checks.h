// What several tests of this floor ask of checks and of outcomes.
#pragma once

#include <gtest/gtest.h>

#include "probe/check.h"

namespace probe {

inline constexpr bool kDead = true;
inline constexpr bool kNotDead = false;

inline fastcgi::Params params_of(const CheckSettings& settings) {
  const auto check = make_check(settings);
  EXPECT_TRUE(check.has_value()) << check.error();
  return (*check)->params();
}

}  // namespace probe
