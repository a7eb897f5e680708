// Threads for work that is too long for the front's thread, behind a bounded queue; at nice 10
// unless told otherwise. At nice 0 pages in a row raised the delay of beats from 0.2 to 3.6 ms.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace http {

class Pool {
 public:
  struct Size {
    std::size_t threads;
    std::size_t queue;  // jobs that wait for a thread
    int nice = 10;      // 0: as the process
  };
  explicit Pool(Size size);
  // Ends the jobs under way; those still in the queue are destroyed undone.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // False, and the job is not taken, when the queue is full. Jobs must not throw. Any thread.
  bool submit(std::function<void()> job);

 private:
  void work(int nice);
  std::function<void()> next_job();

  const std::size_t max_waiting_;
  base::Mutex mutex_;
  base::Condition changed_;
  std::deque<std::function<void()>> waiting_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace http
