#include "base/text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace base {
namespace {

using namespace std::string_literals;

const std::string kReplaced = "\xEF\xBF\xBD";

struct Case {
  std::string raw, want;
};

TEST(ValidUtf8, KeepsGoodTextAndReplacesEachBrokenSequenceOnce) {
  const std::vector<Case> cases = {
      {"", ""},
      {"plain", "plain"},
      {"a\0b\n"s, "a\0b\n"s},
      {"gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
      {"\xE2\x82\xAC \xF0\x9F\x98\x80", "\xE2\x82\xAC \xF0\x9F\x98\x80"},
      {"\xEF\xBF\xBF\xF4\x8F\xBF\xBF", "\xEF\xBF\xBF\xF4\x8F\xBF\xBF"},
      {"a\x80z", "a" + kReplaced + "z"},
      {"\xFF\xFE", kReplaced + kReplaced},
      {"\xC0\xAF", kReplaced + kReplaced},                                  // overlong '/'
      {"\xE0\x80\xAF", kReplaced + kReplaced + kReplaced},                  // overlong
      {"\xED\xA0\x80", kReplaced + kReplaced + kReplaced},                  // a surrogate
      {"\xF4\x90\x80\x80", kReplaced + kReplaced + kReplaced + kReplaced},  // above U+10FFFF
      {"\xF5\x80", kReplaced + kReplaced},
      {"\xE2\x82", kReplaced},  // cut off at the end: one character was lost
      {"\xE2\x82z", kReplaced + "z"},
      {"\xF0\x9F\x98z", kReplaced + "z"},
      {"\xC3\xC3\xBC", kReplaced + "\xC3\xBC"},
      {"\xC3", kReplaced},
  };
  for (const Case& c : cases) EXPECT_EQ(valid_utf8(c.raw), c.want) << testing::PrintToString(c.raw);
}

TEST(CleanText, ForgesNoLineAndPaintsNoTerminal) {
  const std::vector<Case> cases = {
      {"", ""},
      {"plain gr\xC3\xBC\xC3\x9F", "plain gr\xC3\xBC\xC3\x9F"},
      {"a\nlevel=error", "a level=error"},
      {"a\r\n\tb", "a   b"},
      {"\x1B[31mred", kReplaced + "[31mred"},
      {"a\0b"s, "a" + kReplaced + "b"},
      {"a\x7F"
       "b",
       "a" + kReplaced + "b"},
      {"\xC2\x9B"
       "31m",
       kReplaced + "31m"},  // CSI as one C1 character
      {"a\xE2\x80\xA8"
       "b",
       "a" + kReplaced + "b"},  // line separator
      {"\xE2\x80\xAE"
       "evil",
       kReplaced + "evil"},                             // right-to-left override
      {"\xE2\x81\xA6\xD8\x9C", kReplaced + kReplaced},  // isolate, Arabic letter mark
      {"\xFF", kReplaced},
  };
  for (const Case& c : cases)
    EXPECT_EQ(clean_text(c.raw, 1000), c.want) << testing::PrintToString(c.raw);
}

TEST(CleanText, CutsAtACharacterBorder) {
  const std::string raw =
      "a\xE2\x82\xAC"
      "b\xFF";  // 1, 3, 1 bytes, and 3 for the replacement
  const std::vector<std::string> want = {"",
                                         "a",
                                         "a",
                                         "a",
                                         "a\xE2\x82\xAC",
                                         "a\xE2\x82\xAC"
                                         "b",
                                         "a\xE2\x82\xAC"
                                         "b",
                                         "a\xE2\x82\xAC"
                                         "b",
                                         "a\xE2\x82\xAC"
                                         "b" +
                                             kReplaced};
  for (std::size_t limit = 0; limit < want.size(); ++limit) {
    EXPECT_EQ(clean_text(raw, limit), want[limit]) << limit;
  }
}

TEST(ParseUint, TakesDigitsOnly) {
  EXPECT_EQ(parse_uint("0"), 0U);
  EXPECT_EQ(parse_uint("0042"), 42U);
  EXPECT_EQ(parse_uint("18446744073709551615"), UINT64_MAX);
  for (const std::string bad :
       {"", " ", "-1", "+1", " 1", "1 ", "1.0", "0x1", "1e3", "18446744073709551616"}) {
    EXPECT_FALSE(parse_uint(bad).has_value()) << bad;
  }
  EXPECT_FALSE(parse_uint(std::string_view("1\0", 2)).has_value());
}

TEST(EqualsIgnoringCase, KnowsAsciiOnly) {
  EXPECT_TRUE(equals_ignoring_case("Content-Type", "content-TYPE"));
  EXPECT_TRUE(equals_ignoring_case("", ""));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
  EXPECT_FALSE(equals_ignoring_case("ab", "a"));
  EXPECT_FALSE(equals_ignoring_case("@", "`"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));
  EXPECT_FALSE(equals_ignoring_case("\xC3\x84", "\xC3\xA4"));
}

TEST(Trim, TakesSpacesAndTabsOnly) {
  EXPECT_EQ(trim(" \t a b \t"), "a b");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim(" \t "), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim("\na\r"), "\na\r");
}

}  // namespace
}  // namespace base
