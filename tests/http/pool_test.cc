#include "http/pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <limits>
#include <memory>
#include <optional>

#include "running_front.h"

namespace http {
namespace {

int own_nice() {
  return getpriority(PRIO_PROCESS, static_cast<id_t>(gettid()));
}

TEST(Pool, WorksAtNice10) {
  const int before = own_nice();
  std::atomic<int> nice{-1};
  {
    Pool pool({.threads = 1, .queue = 1});
    EXPECT_TRUE(pool.submit([&] { nice = own_nice(); }));
    wait_until([&] { return nice != -1; });
  }
  EXPECT_EQ(nice, 10);
  EXPECT_EQ(own_nice(), before) << "only its own threads";
}

TEST(Pool, RefusesWhatDoesNotFitTheQueue) {
  Gate gate;
  std::atomic<int> done{0};
  Pool pool({.threads = 2, .queue = 3});
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(pool.submit([&] { gate.pass(); }));
  wait_until([&] { return gate.waiting() == 2; });
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.submit([&] { ++done; }));
  EXPECT_FALSE(pool.submit([&] { ++done; }));
  gate.open();
  wait_until([&] { return done == 3; });
}

TEST(Pool, EndsWhatRunsAndDestroysWhatWaits) {
  Gate gate;
  std::atomic<bool> ended{false};
  const auto waiting = std::make_shared<int>(0);
  std::optional<Pool> pool;
  // Never full, so that it refuses only when it ends.
  pool.emplace(Pool::Size{.threads = 1, .queue = std::numeric_limits<std::size_t>::max()});
  pool->submit([&] {
    gate.pass();
    ended = true;
  });
  wait_until([&] { return gate.waiting() == 1; });
  pool->submit([waiting] { FAIL() << "ran after the end"; });
  std::thread destroyer([&] { pool.reset(); });
  // Taken out of the queue before the running one ends, destroyed after it.
  wait_until([&] { return !pool->submit([] {}); });
  gate.open();
  destroyer.join();
  EXPECT_TRUE(ended);
  EXPECT_EQ(waiting.use_count(), 1);
}

}  // namespace
}  // namespace http
