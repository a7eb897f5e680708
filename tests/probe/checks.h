// What several tests of this floor ask of checks and of outcomes.
#pragma once

#include "probe/check.h"

namespace probe {

inline constexpr bool kDead = true;
inline constexpr bool kNotDead = false;

}  // namespace probe
