// The reloads that are asked for over HTTP, on their way to the control loop, which alone reloads.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "web/services.h"

namespace app {

class ReloadRequests {
 public:
  // `wake` makes the control loop look; called on the thread that asks.
  explicit ReloadRequests(std::function<void()> wake) : wake_(std::move(wake)) {}

  // Any thread.
  void ask(web::ReloadDone done) EXCLUDES(mutex_);

  // Those that wait, for the control loop to answer all of them with one reload: it begins after
  // each of them was asked for, so that each finds what its client has written before. Of those
  // that come meanwhile the next one takes care: there is never more than one to do.
  std::vector<web::ReloadDone> take() EXCLUDES(mutex_);

  // The control loop ends: who waits is told so, and who comes later.
  void close() EXCLUDES(mutex_);

 private:
  const std::function<void()> wake_;
  base::Mutex mutex_;
  std::vector<web::ReloadDone> waiting_ GUARDED_BY(mutex_);
  bool is_closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace app
