#include "base/timers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <vector>

namespace base {
namespace {

using namespace std::chrono_literals;

TimePoint at(Duration since_start) {
  return TimePoint(1000s) + since_start;
}

std::vector<Timers::Key> all_due(Timers& timers, TimePoint now) {
  std::vector<Timers::Key> keys;
  while (const auto key = timers.pop_due(now)) keys.push_back(*key);
  return keys;
}

TEST(Timers, ComeDueInTheOrderOfTheirTimes) {
  Timers timers;
  timers.set(1, at(3s));
  timers.set(2, at(1s));
  timers.set(3, at(2s));
  EXPECT_EQ(timers.next_due(), at(1s));
  EXPECT_EQ(all_due(timers, at(10s)), (std::vector<Timers::Key>{2, 3, 1}));
  EXPECT_EQ(timers.next_due(), std::nullopt);
  EXPECT_EQ(timers.size(), 0U);
}

TEST(Timers, AreDueAtTheirTimeAndNotBefore) {
  Timers timers;
  timers.set(7, at(1s));
  EXPECT_EQ(timers.pop_due(at(1s - 1ns)), std::nullopt);
  EXPECT_EQ(timers.pop_due(at(1s)), 7U);
  EXPECT_EQ(timers.pop_due(at(1s)), std::nullopt);
}

TEST(Timers, SettingAgainMoves) {
  Timers timers;
  timers.set(1, at(1s));
  timers.set(2, at(2s));
  timers.set(1, at(3s));
  EXPECT_EQ(timers.size(), 2U);
  EXPECT_EQ(all_due(timers, at(2s)), (std::vector<Timers::Key>{2}));
  EXPECT_EQ(timers.next_due(), at(3s));
}

TEST(Timers, SeveralMayBeDueAtOneTime) {
  Timers timers;
  for (const Timers::Key key : {5U, 4U, 6U}) timers.set(key, at(1s));
  EXPECT_EQ(all_due(timers, at(1s)).size(), 3U);
}

TEST(Timers, ACancelledOneNeverComes) {
  Timers timers;
  timers.set(1, at(1s));
  timers.set(2, at(2s));
  timers.cancel(1);
  timers.cancel(1);
  timers.cancel(99);
  EXPECT_EQ(timers.next_due(), at(2s));
  EXPECT_EQ(all_due(timers, at(9s)), (std::vector<Timers::Key>{2}));
}

TEST(Timers, AKeyMayBeSetWhileOthersArePopped) {
  Timers timers;
  timers.set(1, at(1s));
  ASSERT_EQ(timers.pop_due(at(1s)), 1U);
  timers.set(1, at(2s));
  EXPECT_EQ(timers.pop_due(at(1s)), std::nullopt);
  EXPECT_EQ(timers.pop_due(at(2s)), 1U);
}

// Against the simplest thing that could work.
TEST(Timers, DoAsASortedListDoes) {
  std::mt19937 random(20261125);
  const auto below = [&random](unsigned limit) { return static_cast<unsigned>(random() % limit); };
  Timers timers;
  std::map<Timers::Key, TimePoint> model;
  TimePoint now = at(0s);
  for (int step = 0; step < 20'000; ++step) {
    const Timers::Key key = below(200);
    if (below(4) == 0) {
      timers.cancel(key);
      model.erase(key);
    } else {
      const TimePoint due = now + std::chrono::milliseconds(below(500));
      timers.set(key, due);
      model[key] = due;
    }
    now += std::chrono::milliseconds(below(8));
    TimePoint last = TimePoint::min();
    while (const auto popped = timers.pop_due(now)) {
      ASSERT_TRUE(model.contains(*popped));
      ASSERT_GE(model[*popped], last);
      last = model[*popped];
      model.erase(*popped);
      if (below(2) == 0) timers.set(*popped, model[*popped] = now + std::chrono::seconds(1));
    }
    ASSERT_EQ(timers.size(), model.size());
    const auto first =
        std::ranges::min_element(model, {}, [](const auto& each) { return each.second; });
    ASSERT_EQ(timers.next_due(),
              first == model.end() ? std::nullopt : std::optional(first->second));
    ASSERT_TRUE(first == model.end() || first->second > now);
  }
}

}  // namespace
}  // namespace base
