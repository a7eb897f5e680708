#include "schedule/cadence.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

namespace schedule {
namespace {

using namespace std::chrono_literals;

constexpr base::TimePoint kStart{1h};

base::TimePoint at(base::Duration elapsed) {
  return kStart + elapsed;
}

struct BeatCase {
  const char* name;
  base::Duration previous, now, want;
  std::uint64_t missed;
};

class NextBeatOfFiveSeconds : public testing::TestWithParam<BeatCase> {};

TEST_P(NextBeatOfFiveSeconds, IsTheFirstNotYetPast) {
  const BeatCase& c = GetParam();
  const NextBeat next = next_beat(at(c.previous), 5s, at(c.now));
  EXPECT_EQ(next.at - kStart, c.want);
  EXPECT_EQ(next.missed, c.missed);
}

INSTANTIATE_TEST_SUITE_P(Cases, NextBeatOfFiveSeconds,
                         testing::Values(BeatCase{"in_time", 10s, 10s, 15s, 0},
                                         BeatCase{"a_little_late", 10s, 12s, 15s, 0},
                                         BeatCase{"before_it_was_due", 10s, 9s, 15s, 0},
                                         BeatCase{"next_is_due_now", 10s, 15s, 15s, 0},
                                         BeatCase{"next_is_just_past", 10s, 15s + 1ns, 20s, 1},
                                         BeatCase{"two_missed", 10s, 24s, 25s, 2},
                                         BeatCase{"many_missed", 10s, 41s, 45s, 6}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(FirstBeat, ComesWithinASecondOrAnInterval) {
  for (int i = 0; i < 1'000; ++i) {
    const std::string name = "target-" + std::to_string(i);
    EXPECT_GE(first_beat(name, 1min, kStart), kStart);
    EXPECT_LT(first_beat(name, 1min, kStart), kStart + 1s);
    EXPECT_LT(first_beat(name, 200ms, kStart), kStart + 200ms);
  }
}

TEST(FirstBeat, IsTheSameAtEveryStart) {
  EXPECT_EQ(first_beat("www", 5s, kStart) - kStart,
            first_beat("www", 5s, kStart + 7h) - (kStart + 7h));
}

TEST(FirstBeat, SpreadsTargetsWithNeighbouringNames) {
  std::array<int, 10> tenths{};
  for (int i = 0; i < 1'000; ++i) {
    const auto beat = first_beat("pool" + std::to_string(i), 5s, kStart);
    ++tenths[static_cast<std::size_t>((beat - kStart) / 100ms)];
  }
  for (const int targets : tenths) {
    EXPECT_GT(targets, 60);
    EXPECT_LT(targets, 140);
  }
}

TEST(StatusOffset, IsShortBesideWhatItMustFitInto) {
  EXPECT_EQ(status_offset(5s, 2s), 200ms);
  EXPECT_EQ(status_offset(5s, 400ms), 100ms);
  EXPECT_EQ(status_offset(100ms, 2s), 25ms);
}

TEST(RetryDelay, IsWithinItsBoundsAndNotTheSameEachTime) {
  std::set<base::Duration> seen;
  for (std::uint64_t retry = 1; retry <= 100; ++retry) {
    const base::Duration delay = retry_delay("www", retry);
    EXPECT_GE(delay, kMinRetryDelay);
    EXPECT_LE(delay, kMaxRetryDelay);
    EXPECT_EQ(delay, retry_delay("www", retry));
    seen.insert(delay);
  }
  EXPECT_GT(seen.size(), 90u);
}

TEST(BackOff, DoublesFromTheIntervalToHalfOfStaleAfter) {
  const std::array<base::Duration, 6> most = {2s, 4s, 8s, 15s, 15s, 15s};
  for (std::uint64_t abandoned = 1; abandoned <= most.size(); ++abandoned) {
    const base::Duration pause = back_off("www", abandoned, 2s, 30s);
    EXPECT_LE(pause, most[abandoned - 1]);
    EXPECT_GE(pause, most[abandoned - 1] * 3 / 4);
  }
}

TEST(BackOff, NeverExceedsHalfOfStaleAfterHoweverLongItLasts) {
  for (const std::uint64_t abandoned : {1ULL, 64ULL, 1'000'000'000'000ULL}) {
    EXPECT_LE(back_off("www", abandoned, 40s, 30s), 15s);
    EXPECT_GT(back_off("www", abandoned, 40s, 30s), 11s);
  }
}

TEST(BackOff, DiffersBetweenTargets) {
  EXPECT_NE(back_off("a", 1, 8s, 1min), back_off("b", 1, 8s, 1min));
}

}  // namespace
}  // namespace schedule
