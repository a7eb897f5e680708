// Grants requests by a token bucket. Pure; used by the front's thread.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace http {

struct RateLimit {
  base::Duration interval{};  // a token each; zero: no limit
  std::uint64_t burst = 0;    // tokens that are kept at most; with an interval, 0 grants nothing

  bool operator==(const RateLimit&) const = default;
};

class TokenBucket {
 public:
  explicit TokenBucket(RateLimit limit)
      : limit_(limit), tokens_(static_cast<double>(limit.burst)) {}

  bool take(base::TimePoint now);

 private:
  RateLimit limit_;
  double tokens_;
  base::TimePoint filled_at_{};
};

}  // namespace http
