// epoll, an eventfd and a clock: what every thread that waits for sockets turns on. Owned and used
// by one thread; only wake() and post() may be called from others. It calls nobody back: wait()
// returns what is ready, the owner acts on it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/mutex.h"
#include "base/time.h"
#include "base/unique_fd.h"

struct epoll_event;

namespace net {

struct Ready {
  std::uint64_t key = 0;
  bool readable = false;  // bytes, end of file or an error: read first, judge then
  bool writable = false;  // room to send, or an error
};

// none: only an error or a hang-up is told, and only once, so that a parked socket cannot spin.
enum class Interest : std::uint8_t { read, write, read_write, none };

class EventLoop {
 public:
  EventLoop();  // throws std::system_error

  // Level-triggered. The key is the owner's; all ones is reserved. watch() fails (false, errno)
  // when the kernel refuses: ENOMEM, or ENOSPC at fs.epoll.max_user_watches.
  [[nodiscard]] bool watch(int fd, std::uint64_t key, Interest interest);
  void change(int fd, std::uint64_t key, Interest interest);
  // Only for a descriptor that stays open: closing one forgets it without a system call.
  void forget(int fd);

  // Sleeps until something is ready, `until` is reached (late by microseconds, never early) or
  // wake() was called. The span lives until the next call. It may still name a descriptor that the
  // owner closes in this turn: keys must tell a new socket from the old one of the same number.
  std::span<const Ready> wait(std::optional<base::TimePoint> until);

  // Any thread: the owner's wait() returns soon.
  void wake();
  // Any thread: the owner finds it with run_posted(), in order. Work posted by posted work waits
  // for the next turn.
  void post(std::function<void()> work) EXCLUDES(mutex_);
  void run_posted() EXCLUDES(mutex_);

  // Read once per wait(): all that happens in one turn happens at one time.
  base::TimePoint now() const { return now_; }

 private:
  static constexpr int kMaxReadyPerTurn = 256;

  int wait_for_events(std::span<epoll_event> events, std::optional<base::TimePoint> until);
  int wait_once(std::span<epoll_event> events, std::optional<base::TimePoint> until);
  void take_wakeup();

  base::UniqueFd epoll_;
  base::UniqueFd wakeup_;
  base::TimePoint now_;
  bool has_pwait2_ = true;
  std::vector<Ready> ready_;
  base::Mutex mutex_;
  std::vector<std::function<void()>> posted_ GUARDED_BY(mutex_);
};

}  // namespace net
