// The name of a case in a table, for googletest: each case has a `name`.
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace support {

inline constexpr auto name_of = [](const auto& test) { return std::string(test.param.name); };

}  // namespace support
