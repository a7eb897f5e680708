#include "app/descriptor_shares.h"

#include <sys/resource.h>

#include <algorithm>

namespace app {
namespace {

constexpr std::int64_t kReservedDescriptors =
    64;  // logs, epoll, files, the lookup thread's sockets

}  // namespace

DescriptorShares share_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  constexpr std::int64_t kMostHttp = 4096;
  const auto descriptors = static_cast<std::int64_t>(std::min<rlim_t>(limit.rlim_cur, 1 << 20));
  const std::int64_t usable = descriptors - kReservedDescriptors;
  const std::int64_t http = std::clamp<std::int64_t>(usable / 4, 8, kMostHttp);
  return {.probes = std::max<std::int64_t>(usable - http, 1),
          .http_connections = static_cast<std::size_t>(http)};
}

}  // namespace app
