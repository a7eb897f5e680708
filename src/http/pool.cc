#include "http/pool.h"

#include <sys/resource.h>
#include <unistd.h>

#include <utility>

namespace http {
Pool::Pool(Size size) : max_waiting_(size.queue) {
  for (std::size_t i = 0; i < size.threads; ++i)
    threads_.emplace_back([this, nice = size.nice] { work(nice); });
}

Pool::~Pool() {
  std::deque<std::function<void()>> undone;
  {
    base::MutexLock lock(mutex_);
    stopping_ = true;
    undone.swap(waiting_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool Pool::submit(std::function<void()> job) {
  {
    base::MutexLock lock(mutex_);
    if (stopping_ || waiting_.size() >= max_waiting_) return false;
    waiting_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void Pool::work(int nice) {
  // On Linux a thread id names one thread here, and raising the nice value is always allowed.
  if (nice > 0) setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), nice);
  while (const std::function<void()> job = next_job()) job();
}

std::function<void()> Pool::next_job() {
  base::MutexLock lock(mutex_);
  while (waiting_.empty() && !stopping_) changed_.wait(mutex_);
  if (waiting_.empty()) return nullptr;
  std::function<void()> job = std::move(waiting_.front());
  waiting_.pop_front();
  return job;
}

}  // namespace http
