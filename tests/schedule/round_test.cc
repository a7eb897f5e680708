#include "schedule/round.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace schedule {
namespace {

using probe::Outcome;

// One character per check: '+' passes, 'b' is busy, 'x' fails with proof of death, '-' fails
// without, '.' is skipped. Those in brackets take no part in the health: "+(-)".
Round round_of(std::string_view checks) {
  Round round;
  bool decides = true;
  std::size_t index = 0;
  for (const char c : checks) {
    if (c == '(' || c == ')') {
      decides = c == ')';
      continue;
    }
    if (c == '.') {
      round.skipped(decides);
    } else {
      const Outcome outcome = c == '+'   ? Outcome::pass
                              : c == 'b' ? Outcome::backlog_full
                              : c == 'x' ? Outcome::refused
                                         : Outcome::mismatch;
      round.judged(index, decides, probe::make_verdict(outcome));
    }
    ++index;
  }
  return round;
}

struct RoundCase {
  const char* checks;
  const char* want;  // class, "dead" or not, and the index of the deciding check; "nothing"
};

std::string text_of(const Round& round) {
  const std::optional<probe::RoundResult> result = round.result();
  if (!result) return "nothing";
  return std::string(probe::label(result->outcome_class)) + (result->dead ? " dead " : " ") +
         std::to_string(round.deciding_check());
}

TEST(Round, IsTheWorstOfTheChecksThatDecide) {
  for (const RoundCase& c :
       {RoundCase{"+", "pass 0"}, RoundCase{"++", "pass 0"}, RoundCase{"+-", "fail 1"},
        RoundCase{"-+", "fail 0"}, RoundCase{"b-", "fail 1"}, RoundCase{"-b", "fail 0"},
        RoundCase{"+b", "busy 1"}, RoundCase{"--", "fail 0"}, RoundCase{"+(-)", "pass 0"},
        RoundCase{"(-)+", "pass 1"}, RoundCase{"(x)b", "busy 1"}}) {
    EXPECT_EQ(text_of(round_of(c.checks)), c.want) << c.checks;
  }
}

TEST(Round, IsDeadOnlyWhenEveryCheckThatDecidesProvedIt) {
  for (const RoundCase& c :
       {RoundCase{"x", "fail dead 0"}, RoundCase{"xx", "fail dead 0"}, RoundCase{"x-", "fail 0"},
        RoundCase{"+x", "fail 1"}, RoundCase{"x(+)", "fail dead 0"}}) {
    EXPECT_EQ(text_of(round_of(c.checks)), c.want) << c.checks;
  }
}

TEST(Round, DoesNotCountASkippedProbeAsAPass) {
  for (const RoundCase& c :
       {RoundCase{".", "nothing"}, RoundCase{"+.", "nothing"}, RoundCase{".+", "nothing"},
        RoundCase{"+(.)", "pass 0"}, RoundCase{"-.", "fail 0"}, RoundCase{"b.", "busy 0"}}) {
    EXPECT_EQ(text_of(round_of(c.checks)), c.want) << c.checks;
  }
}

TEST(Round, SaysNothingAboutTheHealthWhenNoCheckDecides) {
  EXPECT_EQ(text_of(round_of("(+-)")), "nothing");
  EXPECT_TRUE(round_of("(+)").has_verdict());
  EXPECT_FALSE(round_of(".").has_verdict());
}

}  // namespace
}  // namespace schedule
