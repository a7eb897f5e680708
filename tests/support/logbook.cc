#include "support/logbook.h"

#include <utility>

#include "base/time.h"

namespace support {
namespace {

constexpr base::Duration kPatience = std::chrono::seconds(30);

}  // namespace

void Logbook::add_signal() {
  base::MutexLock lock(mutex_);
  ++signals_;
}

bool Logbook::take_signal() {
  base::MutexLock lock(mutex_);
  if (signals_ == 0) return false;
  --signals_;
  return true;
}

void Logbook::count(std::size_t Counts::*what) {
  base::MutexLock lock(mutex_);
  ++(counts_.*what);
  changed_.notify_all();
}

void Logbook::keep_request(std::string bytes) {
  base::MutexLock lock(mutex_);
  requests_.push_back(std::move(bytes));
  ++counts_.requests;
  changed_.notify_all();
}

Counts Logbook::counts() const {
  base::MutexLock lock(mutex_);
  return counts_;
}

std::vector<std::string> Logbook::requests() const {
  base::MutexLock lock(mutex_);
  return requests_;
}

bool Logbook::wait_for(const std::function<bool(const Counts&)>& reached) const {
  const base::TimePoint limit = base::Clock::now() + kPatience;
  base::MutexLock lock(mutex_);
  while (!reached(counts_)) {
    if (!changed_.wait_until(mutex_, limit)) return reached(counts_);
  }
  return true;
}

}  // namespace support
