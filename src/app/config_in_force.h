// What the pages say about reading the configuration. Written by the control loop, read by any
// thread.
#pragma once

#include "base/mutex.h"
#include "base/time.h"

namespace app {

class ConfigInForce {
 public:
  struct Reading {
    bool is_last_read = true;  // false: a later one was bad
    base::WallTime since{};    // when it was read
  };

  explicit ConfigInForce(base::WallTime now) : reading_{.since = now} {}

  void replace(base::WallTime now) EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    reading_ = {.since = now};
  }
  void another_was_bad() EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    reading_.is_last_read = false;
  }

  Reading read() const EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    return reading_;
  }

 private:
  mutable base::Mutex mutex_;
  Reading reading_ GUARDED_BY(mutex_);
};

}  // namespace app
