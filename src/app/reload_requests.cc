#include "app/reload_requests.h"

namespace app {
namespace {

const web::ReloadResult kStopping{.end = web::ReloadResult::End::stopping};

}  // namespace

void ReloadRequests::ask(web::ReloadDone done) {
  {
    base::MutexLock lock(mutex_);
    if (!is_closed_) waiting_.push_back(std::exchange(done, nullptr));
  }
  // Outside of the lock, since it is somebody else's code.
  done ? done(kStopping) : wake_();
}

std::vector<web::ReloadDone> ReloadRequests::take() {
  base::MutexLock lock(mutex_);
  return std::exchange(waiting_, {});
}

void ReloadRequests::close() {
  std::vector<web::ReloadDone> left;
  {
    base::MutexLock lock(mutex_);
    is_closed_ = true;
    left.swap(waiting_);
  }
  for (const web::ReloadDone& done : left) done(kStopping);
}

}  // namespace app
