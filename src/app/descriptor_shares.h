// How the process's descriptors are shared: probes must never take the one that a health answer
// needs.
#pragma once

#include <cstddef>
#include <cstdint>

namespace app {

struct DescriptorShares {
  std::int64_t probes = 0;
  std::size_t http_connections = 0;
};

// Raises the limit of this process as far as it may, and shares what it is then.
DescriptorShares share_descriptors();

}  // namespace app
