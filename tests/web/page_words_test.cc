#include "web/page_words.h"

#include <gmock/gmock.h>

#include "web/fleet.h"

namespace web {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

TEST(PageWords, PutTheVerdictFirst) {
  EXPECT_EQ(headline({}), "No targets are configured");
  EXPECT_EQ(headline({.targets = 1, .up = 1}), "The target is up");
  EXPECT_EQ(headline({.targets = 1, .down = 1}), "The target is down");
  EXPECT_EQ(headline({.targets = 10'000, .up = 10'000}), "All 10,000 targets are up");
  EXPECT_EQ(headline({.targets = 3, .up = 1, .saturated = 1, .down = 1}), "1 of 3 targets is down");
  EXPECT_EQ(headline({.targets = 3, .saturated = 2, .unknown = 1}), "1 of 3 targets is unknown");
  EXPECT_EQ(summary({.targets = 3, .up = 1, .saturated = 1, .down = 1}),
            "1 down · 1 saturated · 1 up");
}

TEST(PageWords, KeepNumbersShort) {
  EXPECT_EQ(age_words(seconds(-1)), "0 s");
  EXPECT_EQ(age_words(seconds(119)), "119 s");
  EXPECT_EQ(age_words(seconds(120)), "2 min");
  EXPECT_EQ(age_words(std::chrono::hours(47)), "47 h");
  EXPECT_EQ(age_words(std::chrono::hours(48)), "2 d");
  EXPECT_EQ(duration_words(microseconds(310)), "0.31 ms");
  EXPECT_EQ(duration_words(microseconds(12'340)), "12.3 ms");
  EXPECT_EQ(duration_words(seconds(2)), "2.00 s");
  EXPECT_EQ(duration_words(seconds(0)), "0 ms");
  EXPECT_EQ(count_words(999), "999");
  EXPECT_EQ(count_words(1'234'567), "1,234,567");
}

TEST(PageWords, ExplainAndAdvise) {
  state::TargetStatus status;
  target_with(named("a"), probe::Outcome::refused)->copy_to(status);
  EXPECT_EQ(explanation(status, kNow).what, "Nobody listens at the address.");
  EXPECT_EQ(explanation(status, kNow).advice,
            "Start the responder, or correct the target's address.");
  EXPECT_EQ(explanation(status, kNow + seconds(90)).what,
            "Nothing fresh is known: the last round ended 90 s ago.");
  unprobed("b")->copy_to(status);
  EXPECT_EQ(explanation(status, kNow).what, "Not probed yet.");
}

TEST(PageWords, AdviseForEveryOutcomeThatIsNotAPass) {
  for (const probe::OutcomeInfo& info : probe::outcomes()) {
    if (info.outcome == probe::Outcome::pass) continue;
    state::TargetStatus status;
    target_with(named("a"), info.outcome)->copy_to(status);
    EXPECT_NE(explanation(status, kNow).advice, "") << info.label;
  }
}

}  // namespace
}  // namespace web
