// PHP-FPM's files off the disk, with what they include. Blocks on the disk: at the start, or on the
// control loop. Any thread; holds nothing between calls. Nothing fails: what cannot be read is a
// warning that says what to do.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "phpfpm/pool_file.h"

namespace discovery {

inline constexpr std::size_t kMaxPoolFiles =
    4'096;                                  // read in one call, included ones counted each time
inline constexpr int kMaxIncludeDepth = 5;  // FPM's own limit
inline constexpr std::size_t kMaxReadWarnings = 100;

struct PoolsRead {
  std::vector<phpfpm::Pool> pools;    // in the order of the patterns, then of the paths
  std::vector<std::string> warnings;  // cleaned, for people
  std::vector<std::string> included;  // the patterns of includes, each once
};

// Each file that a pattern of `globs` matches is read by itself: two versions of PHP may both have
// a pool www.
PoolsRead read_pools(const std::vector<std::string>& globs);

}  // namespace discovery
