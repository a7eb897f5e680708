// What one verdict adds to the figures of its check.
#include "schedule/counts.h"

#include <gtest/gtest.h>

#include "probe/outcome.h"

namespace schedule {
namespace {

using probe::Outcome;

// A list of processes that has no end costs the list only: its pool has answered, and how soon is
// wanted for a figure such as "answered within 100 ms".
TEST(CountVerdict, TimesAnAnswerThatPassedAlthoughItWasTooLarge) {
  probe::Attempt attempt;
  attempt.end = probe::End::malformed;
  attempt.progress = fastcgi::Progress::too_large;
  attempt.elapsed = std::chrono::milliseconds(20);
  state::CheckStatus check;
  const auto bounds = state::Bounds::defaults();
  count_verdict(check, probe::make_verdict(Outcome::response_too_large), attempt, *bounds);
  EXPECT_EQ(check.durations.count, 0u);
  count_verdict(check, probe::make_verdict(Outcome::pass), attempt, *bounds);
  EXPECT_EQ(check.durations.count, 1u);
  EXPECT_DOUBLE_EQ(check.durations.sum_seconds, 0.02);
}

}  // namespace
}  // namespace schedule
