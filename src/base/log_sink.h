// The end of the log: whole lines to a descriptor that other processes may share. Its flags stay as
// they are, because O_NONBLOCK would be set for the others too; that nothing blocks comes from
// asking first.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

namespace base::log {

class LineSink {
 public:
  explicit LineSink(int fd) : fd_(fd) {}  // not owned

  // Writes the whole line, or drops it and counts: when the reader is slow, gone, or the disk is
  // full. Raises no SIGPIPE for a reader that is known to be gone. Lines come one at a time; the
  // caller holds a lock.
  void write(std::string_view line);

  std::uint64_t dropped_lines() const { return dropped_lines_.load(std::memory_order_relaxed); }

 private:
  const int fd_;
  std::atomic<std::uint64_t> dropped_lines_ = 0;
};

}  // namespace base::log
