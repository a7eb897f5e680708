#include "base/log_sink.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

namespace base::log {
namespace {

// A pipe is writable when a whole page is free, which is more than any line of ours.
bool is_writable(int fd) {
  pollfd wanted{.fd = fd, .events = POLLOUT, .revents = 0};
  return poll(&wanted, 1, 0) == 1 && wanted.revents == POLLOUT;
}

// Between poll and write another process may fill the same pipe. Kernels from 6.4 on can be told
// not to wait; older ones refuse to be told, and there a line may wait for the reader of the pipe.
ssize_t write_to_pipe(int fd, std::string_view line) {
  iovec bytes{.iov_base = const_cast<char*>(line.data()), .iov_len = line.size()};
  const ssize_t written = pwritev2(fd, &bytes, 1, -1, RWF_NOWAIT);
  if (written < 0 && errno == EOPNOTSUPP) return ::write(fd, line.data(), line.size());
  return written;
}

ssize_t write_once(int fd, std::string_view line) {
  struct stat kind {};
  if (fstat(fd, &kind) != 0) return -1;
  if (S_ISSOCK(kind.st_mode))
    return send(fd, line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (S_ISFIFO(kind.st_mode)) return write_to_pipe(fd, line);
  return ::write(fd, line.data(), line.size());
}

bool try_write(int fd, std::string_view line) {
  if (!is_writable(fd)) return false;
  ssize_t written = -1;
  do {
    written = write_once(fd, line);
  } while (written < 0 && errno == EINTR);
  return written == static_cast<ssize_t>(line.size());
}

}  // namespace

void LineSink::write(std::string_view line) {
  if (!try_write(fd_, line)) dropped_lines_.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace base::log
