#include "config/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/unique_fd.h"

namespace config {
namespace {

constexpr std::size_t kChunkBytes = 64 << 10;

std::string why_not_regular(mode_t mode) {
  if (S_ISDIR(mode)) return why_unreadable(EISDIR);
  return "is a pipe, a socket or a device; write a regular file, which can be read again";
}

}  // namespace

base::Result<std::string> read_regular_file(const std::string& path, std::size_t limit) {
  const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.is_open()) return base::Unexpected{why_unreadable(errno)};
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return base::Unexpected{why_unreadable(errno)};
  if (!S_ISREG(status.st_mode)) return base::Unexpected{why_not_regular(status.st_mode)};
  std::string text;
  while (text.size() <= limit) {
    const std::size_t size = text.size();
    text.resize(std::min(size + kChunkBytes, limit + 1));
    const ssize_t got = ::read(fd.get(), text.data() + size, text.size() - size);
    text.resize(size + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::Unexpected{why_unreadable(errno)};
    if (got == 0) break;
  }
  return text;
}

std::string why_unreadable(int error) {
  const std::string text = std::generic_category().message(error);
  return error == EACCES ? text + "; let the user that the exporter runs as read it" : text;
}

}  // namespace config
