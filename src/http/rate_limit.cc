#include "http/rate_limit.h"

#include <algorithm>

namespace http {

bool TokenBucket::take(base::TimePoint now) {
  if (limit_.interval == base::Duration::zero()) return true;
  const double intervals = base::seconds(now - filled_at_) / base::seconds(limit_.interval);
  tokens_ = std::min(static_cast<double>(limit_.burst), tokens_ + std::max(intervals, 0.0));
  filled_at_ = now;
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

}  // namespace http
