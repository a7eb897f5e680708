#include "exposition/numbers.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>

namespace exposition {
namespace {

std::string number(double value) {
  std::string text;
  append_number(text, value);
  return text;
}

TEST(Numbers, SpellTheSpecialValuesAsPrometheusDoes) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(number(kInfinity), "+Inf");
  EXPECT_EQ(number(-kInfinity), "-Inf");
  EXPECT_EQ(canonical_float(kInfinity), "+Inf");
}

TEST(Numbers, ReadBackExactly) {
  for (const double value :
       {0.0, 1.0, -1.5, 0.1, 1.0 / 3, 1763849123.123457, 5e-324, 1.7976931348623157e308,
        -2.2250738585072014e-308, 9007199254740993.0}) {
    const std::string text = number(value);
    EXPECT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
    EXPECT_LE(text.size(), kMaxNumberBytes);
    EXPECT_EQ(std::strtod(canonical_float(value).c_str(), nullptr), value);
  }
}

TEST(Numbers, CountsAreExactUpToTheLargest) {
  std::string text;
  append_number(text, std::uint64_t{0});
  text += ' ';
  append_number(text, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(text, "0 18446744073709551615");
}

// The wanted texts are those of Go's strconv.FormatFloat(v, 'g', -1, 64), with ".0" where neither
// point nor exponent is.
TEST(Numbers, BucketBoundsAreInCanonicalForm) {
  EXPECT_EQ(canonical_float(0), "0.0");
  EXPECT_EQ(canonical_float(1), "1.0");
  EXPECT_EQ(canonical_float(30), "30.0");
  EXPECT_EQ(canonical_float(2.5), "2.5");
  EXPECT_EQ(canonical_float(0.005), "0.005");
  EXPECT_EQ(canonical_float(0.0005), "0.0005");
  EXPECT_EQ(canonical_float(0.0001), "0.0001");
  EXPECT_EQ(canonical_float(0.00001), "1e-05");
  EXPECT_EQ(canonical_float(0.000025), "2.5e-05");
  EXPECT_EQ(canonical_float(100000), "100000.0");
  EXPECT_EQ(canonical_float(999999.5), "999999.5");
  EXPECT_EQ(canonical_float(1e6), "1e+06");
  EXPECT_EQ(canonical_float(1234567), "1.234567e+06");
  EXPECT_EQ(canonical_float(-1), "-1.0");
  EXPECT_EQ(canonical_float(1e100), "1e+100");
}

}  // namespace
}  // namespace exposition
