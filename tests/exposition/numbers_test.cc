#include "exposition/numbers.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <vector>

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

// Every length of digits, each with its neighbours and with zeros at the end.
TEST(Numbers, ADurationHasTheTextOfItsSeconds) {
  const auto text_of = [](auto value) {
    char text[kMaxNumberBytes];
    return std::string(text, put_number(text, value));
  };
  std::vector<std::int64_t> counts{0, -1, std::numeric_limits<std::int64_t>::max()};
  for (std::int64_t power = 1; power <= 1'000'000'000'000; power *= 10) {
    for (const std::int64_t lead : {1, 12, 305, 1234567}) {
      for (const std::int64_t off : {-1, 0, 1}) counts.push_back(lead * power + off);
    }
  }
  std::mt19937_64 random(1);
  for (int bits = 1; bits < 63; ++bits) {
    for (int i = 0; i < 200; ++i)
      counts.push_back(static_cast<std::int64_t>(random() >> (64 - bits)));
  }
  for (const std::int64_t count : counts) {
    const base::Duration duration(count);
    ASSERT_EQ(text_of(duration), text_of(base::seconds(duration))) << count;
  }
}

TEST(Numbers, PutATextOfAnyLength) {
  const std::string letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/abcdefgh";
  for (std::size_t size = 0; size <= letters.size(); ++size) {
    const std::string text = letters.substr(0, size);  // ends where reading on would be seen
    std::string room(size + 1, '.');
    EXPECT_EQ(put_text(room.data(), text), room.data() + size);
    EXPECT_EQ(room, text + ".");
  }
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
