#include "base/mutex.h"

#include <gtest/gtest.h>

#include <thread>

namespace base {
namespace {

TEST(Condition, WakesWhoWaits) {
  Mutex mutex;
  Condition changed;
  bool is_set = false;
  std::thread setter([&] {
    MutexLock lock(mutex);
    is_set = true;
    changed.notify_all();
  });
  {
    MutexLock lock(mutex);
    while (!is_set) changed.wait(mutex);
    EXPECT_TRUE(is_set);
  }
  setter.join();
}

TEST(Condition, GivesUpAtTheLimit) {
  Mutex mutex;
  Condition changed;
  MutexLock lock(mutex);
  EXPECT_FALSE(changed.wait_until(mutex, Clock::now() - std::chrono::seconds(1)));
}

}  // namespace
}  // namespace base
