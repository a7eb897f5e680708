#include "probe/one_shot.h"

#include <gtest/gtest.h>

namespace probe {
namespace {

using namespace std::chrono_literals;

struct PatienceCase {
  std::size_t checks;
  base::Duration timeout;
  std::optional<base::Duration> caller_waits;
  base::Duration wanted;
};

// With the default offset of 0.5 s. Never more than the caller waits, and never nothing.
TEST(OneShotLimit, LeavesTimeForTheWayBack) {
  for (const PatienceCase& test :
       {PatienceCase{1, 2s, std::nullopt, 2s}, PatienceCase{2, 2s, std::nullopt, 4s},
        PatienceCase{2, 2s, 10s, 4s}, PatienceCase{2, 2s, 3s, 2500ms},
        PatienceCase{1, 60s, 10s, 9500ms}, PatienceCase{1, 60s, 1s, 500ms},
        PatienceCase{1, 60s, 800ms, 400ms}, PatienceCase{1, 60s, 400ms, 200ms},
        PatienceCase{1, 100ms, 400ms, 100ms}}) {
    EXPECT_EQ(one_shot_limit(test.checks, test.timeout, test.caller_waits, 500ms), test.wanted);
  }
  EXPECT_EQ(one_shot_limit(1, 60s, 10s, 0ns), 10s);
  EXPECT_EQ(one_shot_limit(1, 60s, 10s, 60s), 5s);
}

CheckReport check(const std::string& name, Outcome outcome, bool decides = true) {
  CheckReport report;
  report.check = name;
  report.decides = decides;
  report.verdict = make_verdict(outcome);
  return report;
}

OneShotReport report_of(std::vector<CheckReport> checks) {
  OneShotReport report;
  report.checks = std::move(checks);
  return report;
}

TEST(OneShotReport, IsASuccessWhenEveryCheckThatDecidesPassed) {
  EXPECT_TRUE(is_success(report_of({check("a", Outcome::pass)})));
  EXPECT_TRUE(is_success(report_of({check("a", Outcome::pass), check("b", Outcome::pass)})));
  EXPECT_FALSE(is_success(report_of({check("a", Outcome::pass), check("b", Outcome::mismatch)})));
  EXPECT_TRUE(
      is_success(report_of({check("a", Outcome::pass), check("b", Outcome::not_found, false)})));
  EXPECT_FALSE(is_success(report_of({check("b", Outcome::pass, false)})));
  EXPECT_FALSE(is_success(report_of({})));
  OneShotReport incomplete = report_of({check("a", Outcome::pass)});
  incomplete.misses_a_decider = true;
  EXPECT_FALSE(is_success(incomplete));
  OneShotReport refused = report_of({check("a", Outcome::pass)});
  refused.end = OneShotReport::End::refused;
  EXPECT_FALSE(is_success(refused));
}

TEST(OneShotReport, IsExplainedByTheFirstFailureThatDecides) {
  const auto explained_by = [](std::vector<CheckReport> checks) {
    const OneShotReport report = report_of(std::move(checks));
    const CheckReport* const found = explaining_check(report);
    return found != nullptr ? found->check : "";
  };
  EXPECT_EQ(explained_by({check("a", Outcome::pass), check("b", Outcome::mismatch)}), "b");
  EXPECT_EQ(explained_by({check("s", Outcome::not_found, false), check("a", Outcome::pass)}), "a");
  EXPECT_EQ(explained_by({check("s", Outcome::not_found, false)}), "s");
  EXPECT_EQ(explained_by({}), "");
}

}  // namespace
}  // namespace probe
