// What the pages say about the configuration. Written by the control loop, read by any thread.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "base/time.h"

namespace app {

class ConfigInForce {
 public:
  struct Reading {
    std::shared_ptr<const std::string> effective;  // YAML, secrets hidden; large with many targets
    bool is_last_read = true;                      // false: a later one was bad
    base::WallTime since{};                        // when it was read
  };

  ConfigInForce(std::string effective, base::WallTime now)
      : reading_{.effective = std::make_shared<const std::string>(std::move(effective)),
                 .since = now} {}

  void replace(std::string effective, base::WallTime now) EXCLUDES(mutex_) {
    auto text = std::make_shared<const std::string>(std::move(effective));
    base::MutexLock lock(mutex_);
    reading_ = {.effective = std::move(text), .since = now};
  }
  // The same reading, with other targets found.
  void update(std::string effective) EXCLUDES(mutex_) {
    auto text = std::make_shared<const std::string>(std::move(effective));
    base::MutexLock lock(mutex_);
    reading_.effective = std::move(text);
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
