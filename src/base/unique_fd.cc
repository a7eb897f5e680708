#include "base/unique_fd.h"

#include <unistd.h>

namespace base {

void UniqueFd::reset() {
  // Never retried: on Linux the descriptor is gone even when close() says EINTR.
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace base
