#include "state/vitals.h"

#include <gtest/gtest.h>

#include <thread>

namespace state {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const base::TimePoint kStarted{seconds(100)};

void turn(WorkerVitals& worker, base::TimePoint at) {
  worker.last_turn = at.time_since_epoch().count();
}

TEST(Vitals, ALoopThatHasNotTurnedForFiveSecondsIsStuck) {
  Vitals vitals(2);
  turn(vitals.worker(0), kStarted + seconds(10));
  turn(vitals.worker(1), kStarted + seconds(12));
  EXPECT_EQ(vitals.stuck_workers(kStarted + seconds(12), kStarted), 0u);
  EXPECT_EQ(vitals.stuck_workers(kStarted + seconds(15) - milliseconds(1), kStarted), 0u);
  EXPECT_EQ(vitals.stuck_workers(kStarted + seconds(15), kStarted), 1u);
  EXPECT_EQ(vitals.stuck_workers(kStarted + seconds(17), kStarted), 2u);
}

TEST(Vitals, ALoopThatNeverTurnedCountsFromTheStart) {
  const Vitals vitals(3);
  EXPECT_EQ(vitals.stuck_workers(kStarted, kStarted), 0u);
  EXPECT_EQ(vitals.stuck_workers(kStarted + kLoopStuckAfter, kStarted), 3u);
}

TEST(Vitals, AddsUpTheProbesOfAllWorkers) {
  Vitals vitals(2);
  EXPECT_EQ(vitals.probes_in_flight(), 0);
  vitals.worker(0).probes_in_flight = 3;
  vitals.worker(1).probes_in_flight = 4;
  EXPECT_EQ(vitals.probes_in_flight(), 7);
}

TEST(ScheduleDelays, CountInTheBucketWhoseBoundTheyDoNotPass) {
  ScheduleDelays delays;
  delays.observe(milliseconds(1));
  delays.observe(milliseconds(-3));
  delays.observe(seconds(5));
  delays.observe(seconds(60));
  EXPECT_EQ(delays.count(0), 1u);
  EXPECT_EQ(delays.count(1), 1u);
  EXPECT_EQ(delays.count(11), 1u);
  EXPECT_EQ(delays.count(12), 1u);
  EXPECT_DOUBLE_EQ(delays.sum_seconds(), 65.001);
}

TEST(ScheduleDelays, LoseNothingWhenWorkersAddTogether) {
  constexpr int kEach = 10'000;
  ScheduleDelays delays;
  const auto add = [&] {
    for (int i = 0; i < kEach; ++i) delays.observe(milliseconds(10));
  };
  std::thread other(add);
  add();
  other.join();
  EXPECT_EQ(delays.count(4), 2u * kEach);
  EXPECT_DOUBLE_EQ(delays.sum_seconds(), 200);
}

}  // namespace
}  // namespace state
