#include "config/wording.h"

#include <gtest/gtest.h>

#include "config/problems.h"

namespace config {
namespace {

TEST(Suggestion, NamesTheNearestWordUpToTwoMistakes) {
  const std::vector<std::string> known{"interval", "timeout", "ping"};
  EXPECT_EQ(suggestion("timeuot", known), "; did you mean timeout?");
  EXPECT_EQ(suggestion("intervals", known), "; did you mean interval?");
  EXPECT_EQ(suggestion("pin", known), "; did you mean ping?");
  EXPECT_EQ(suggestion("colour", known), "; write one of: interval, timeout, ping");
  EXPECT_EQ(suggestion("", known), "; write one of: interval, timeout, ping");
  EXPECT_EQ(suggestion("x", {}), "");
}

TEST(InQuotes, CutsAndCleans) {
  EXPECT_EQ(in_quotes("a\nb").find('\n'), std::string::npos);
  EXPECT_LT(in_quotes(std::string(1000, 'x')).size(), 100u);
}

TEST(Problems, StandInTheOrderOfTheFile) {
  Problems problems;
  problems.add(7, "f:7", "late");
  problems.add(2, "f:2", "early");
  problems.add(2, "f:2", "early too");
  EXPECT_EQ(problems.text(), "f:2: early\nf:2: early too\nf:7: late");
}

TEST(Problems, AMissingKeyHasTheLineOfWhatLacksIt) {
  Problems problems;
  const Lines lines{{"", 1}, {"/a", 3}, {"/a/b", 5}};
  const Place top(problems, "f", lines);
  top.key("a").key("c").index(0).problem("x");
  top.key("a").key("b").problem("y");
  top.problem("z");
  EXPECT_EQ(problems.text(), "f:1: z\nf:3: /a/c/0: x\nf:5: /a/b: y");
}

}  // namespace
}  // namespace config
