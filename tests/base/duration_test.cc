#include "base/duration.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace base {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, ReadsWhatPeopleWrite) {
  const std::vector<std::pair<std::string, Duration>> cases = {
      {"0", 0s},
      {"0s", 0s},
      {"250ms", 250ms},
      {"50us", 50us},
      {"5s", 5s},
      {"007s", 7s},
      {"90s", 90s},
      {"1m30s", 90s},
      {"2h", 2h},
      {"1d", 24h},
      {"1d2h3m4s5ms6us", 26h + 3min + 4s + 5ms + 6us},
      {"1m1ms", 60'001ms},
      {"9223372036s", 9'223'372'036s},
      {"9223372036854775us", 9'223'372'036'854'775us},
  };
  for (const auto& [text, want] : cases) {
    ASSERT_TRUE(parse_duration(text).has_value()) << text;
    EXPECT_EQ(*parse_duration(text), want) << text;
  }
}

TEST(ParseDuration, RefusesEverythingElse) {
  const std::vector<std::string> cases = {"",
                                          " ",
                                          "5",
                                          "00",
                                          "s",
                                          "5 s",
                                          " 5s",
                                          "5s ",
                                          "-5s",
                                          "+5s",
                                          "1.5s",
                                          "5sec",
                                          "5S",
                                          "1s1m",
                                          "1s1s",
                                          "1ms1s",
                                          "5ns",
                                          "1e3s",
                                          "0x5s",
                                          "1m30",
                                          "1mm",
                                          "1m s",
                                          "1,5s",
                                          "5s\n",
                                          "inf",
                                          "1w",
                                          "1y",
                                          "1sm",
                                          "9223372037s",
                                          "106752d",
                                          "1ds",
                                          "1d1d",
                                          "\xFFs",
                                          "5\0s",
                                          "5min",
                                          "msm",
                                          "1us1d",
                                          "1u",
                                          "106751d23h48m",
                                          "5µs",
                                          "99999999999999999999s",
                                          "18446744073709551616us"};
  for (const std::string& text : cases) EXPECT_FALSE(parse_duration(text).has_value()) << text;
  EXPECT_FALSE(parse_duration(std::string_view("5s\0", 3)).has_value());
  EXPECT_FALSE(parse_duration(std::string(1'000'000, '9') + "s").has_value());
}

TEST(FormatDuration, WritesLargestUnitsFirst) {
  const std::vector<std::pair<Duration, std::string>> cases = {
      {0s, "0s"},    {1us, "1us"},        {1500us, "1ms500us"}, {250ms, "250ms"},
      {1s, "1s"},    {1500ms, "1s500ms"}, {60s, "1m"},          {90s, "1m30s"},
      {3600s, "1h"}, {24h, "1d"},         {25h, "1d1h"},        {24h + 1us, "1d1us"},
      {999ns, "0s"}, {1'999ns, "1us"},    {-5s, "-5s"},         {-90s, "-1m30s"},
  };
  for (const auto& [duration, want] : cases) EXPECT_EQ(format_duration(duration), want);
}

TEST(FormatDuration, ParseReadsItBack) {
  // Multiplying by 3 passes through every unit and every order of magnitude.
  for (Duration duration = 1us; duration < Duration::max() / 4; duration *= 3) {
    EXPECT_EQ(parse_duration(format_duration(duration)), duration) << format_duration(duration);
  }
}

TEST(FormatDuration, TakesTheLimitsOfItsType) {
  EXPECT_EQ(format_duration(Duration::max()), "106751d23h47m16s854ms775us");
  EXPECT_EQ(format_duration(Duration::min()), "-106751d23h47m16s854ms775us");
}

}  // namespace
}  // namespace base
