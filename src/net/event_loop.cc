#include "net/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <climits>
#include <ctime>
#include <system_error>
#include <utility>

namespace net {
namespace {

constexpr std::uint64_t kWakeupKey = ~std::uint64_t{0};

std::uint32_t events_of(Interest interest) {
  switch (interest) {
    case Interest::read:
      return EPOLLIN;
    case Interest::write:
      return EPOLLOUT;
    case Interest::read_write:
      return EPOLLIN | EPOLLOUT;
    case Interest::none:
      // ERR and HUP cannot be masked; edge-triggered they come once instead of in every turn.
      return EPOLLET;
  }
  return 0;
}

int control(int epoll, int operation, int fd, std::uint64_t key, Interest interest) {
  epoll_event event{};
  event.events = events_of(interest);
  event.data.u64 = key;
  return epoll_ctl(epoll, operation, fd, &event);
}

base::Duration time_left(base::TimePoint until) {
  const base::TimePoint now = base::Clock::now();
  return until <= now ? base::Duration::zero() : until - now;
}

timespec to_timespec(base::Duration duration) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(duration);
  timespec result{};
  result.tv_sec = whole.count();
  result.tv_nsec = static_cast<long>((duration - whole).count());
  return result;
}

// Rounded up: waking a moment early would make the owner turn without sleeping until it is time.
int to_milliseconds(base::Duration duration) {
  const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
  return rounded > INT_MAX ? INT_MAX : static_cast<int>(rounded);
}

base::UniqueFd opened(int fd, const char* call) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), call);
  return base::UniqueFd(fd);
}

}  // namespace

EventLoop::EventLoop()
    : epoll_(opened(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wakeup_(opened(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")),
      now_(base::Clock::now()) {
  if (control(epoll_.get(), EPOLL_CTL_ADD, wakeup_.get(), kWakeupKey, Interest::read) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
  ready_.reserve(kMaxReadyPerTurn);
}

bool EventLoop::watch(int fd, std::uint64_t key, Interest interest) {
  assert(key != kWakeupKey);
  return control(epoll_.get(), EPOLL_CTL_ADD, fd, key, interest) == 0;
}

void EventLoop::change(int fd, std::uint64_t key, Interest interest) {
  [[maybe_unused]] const int result = control(epoll_.get(), EPOLL_CTL_MOD, fd, key, interest);
  assert(result == 0);
}

void EventLoop::forget(int fd) {
  [[maybe_unused]] const int result = epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  assert(result == 0);
}

std::span<const Ready> EventLoop::wait(std::optional<base::TimePoint> until) {
  std::array<epoll_event, kMaxReadyPerTurn> events;
  const int count = wait_for_events(events, until);
  now_ = base::Clock::now();
  ready_.clear();
  for (const epoll_event& event : std::span(events).first(static_cast<std::size_t>(count))) {
    if (event.data.u64 == kWakeupKey) {
      take_wakeup();
      continue;
    }
    const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
    ready_.push_back({.key = event.data.u64,
                      .readable = broken || (event.events & EPOLLIN) != 0,
                      .writable = broken || (event.events & EPOLLOUT) != 0});
  }
  return ready_;
}

int EventLoop::wait_for_events(std::span<epoll_event> events,
                               std::optional<base::TimePoint> until) {
  while (true) {
    const int count = wait_once(events, until);
    if (count >= 0) return count;
    // Interrupted by a signal, the wait goes on for what is left of it.
    if (errno == EINTR) continue;
    if (!has_pwait2_) throw std::system_error(errno, std::generic_category(), "epoll_wait");
    // Kernels before 5.11 do not know the call (ENOSYS), old container filters forbid it (EPERM).
    has_pwait2_ = false;
  }
}

// epoll_wait() counts whole milliseconds, and 50 ms beats deserve better.
int EventLoop::wait_once(std::span<epoll_event> events, std::optional<base::TimePoint> until) {
  const int capacity = static_cast<int>(events.size());
  const base::Duration left = until ? time_left(*until) : base::Duration::zero();
  if (!has_pwait2_) {
    return epoll_wait(epoll_.get(), events.data(), capacity, until ? to_milliseconds(left) : -1);
  }
  const timespec timeout = to_timespec(left);
  return epoll_pwait2(epoll_.get(), events.data(), capacity, until ? &timeout : nullptr, nullptr);
}

void EventLoop::take_wakeup() {
  std::uint64_t count = 0;
  // Nothing to read is fine: an earlier turn has taken this wake-up too.
  [[maybe_unused]] const ssize_t size = read(wakeup_.get(), &count, sizeof count);
}

void EventLoop::wake() {
  const std::uint64_t one = 1;
  // A full counter (EAGAIN) is a wake-up as well.
  [[maybe_unused]] const ssize_t size = write(wakeup_.get(), &one, sizeof one);
}

void EventLoop::post(std::function<void()> work) {
  bool is_first = false;
  {
    base::MutexLock lock(mutex_);
    is_first = posted_.empty();
    posted_.push_back(std::move(work));
  }
  // Later ones travel with the first: its wake-up is still ahead of the owner's run_posted().
  if (is_first) wake();
}

void EventLoop::run_posted() {
  std::vector<std::function<void()>> work;
  {
    base::MutexLock lock(mutex_);
    work.swap(posted_);
  }
  for (const std::function<void()>& each : work) each();
}

}  // namespace net
