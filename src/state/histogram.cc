#include "state/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "exposition/label_text.h"
#include "exposition/numbers.h"

namespace state {
namespace {

std::string le_text(double bound) {
  std::string text;
  exposition::append_label(text, "le", exposition::canonical_float(bound));
  return text;
}

}  // namespace

Bounds::Bounds(std::vector<double> seconds) : seconds_(std::move(seconds)) {
  label_texts_.reserve(seconds_.size() + 1);
  for (const double bound : seconds_) label_texts_.push_back(le_text(bound));
  label_texts_.push_back(le_text(std::numeric_limits<double>::infinity()));
}

base::Result<std::shared_ptr<const Bounds>> Bounds::make(std::vector<double> seconds) {
  if (seconds.empty() || seconds.size() > kMaxBuckets) {
    return base::Unexpected{std::to_string(seconds.size()) + " buckets: give 1 to " +
                            std::to_string(kMaxBuckets) + " upper bounds in seconds"};
  }
  double previous = 0;
  for (const double bound : seconds) {
    if (!std::isfinite(bound) || !(bound > previous)) {
      return base::Unexpected{"bucket " + exposition::canonical_float(bound) + " after " +
                              exposition::canonical_float(previous) +
                              ": give finite seconds above 0, each larger than the one before"};
    }
    previous = bound;
  }
  return std::shared_ptr<const Bounds>(new Bounds(std::move(seconds)));
}

std::shared_ptr<const Bounds> Bounds::defaults() {
  // A ping over a unix socket takes 1 to 2 ms, hence the three below Prometheus' customary 0.005.
  static const std::shared_ptr<const Bounds> bounds(new Bounds(
      {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}));
  return bounds;
}

std::size_t Bounds::bucket_of(base::Duration d) const {
  const auto bound = std::lower_bound(seconds_.begin(), seconds_.end(), base::seconds(d));
  return static_cast<std::size_t>(bound - seconds_.begin());
}

void Histogram::observe(base::Duration d, const Bounds& bounds) {
  d = std::max(d, base::Duration::zero());
  ++counts[bounds.bucket_of(d)];
  sum_seconds += base::seconds(d);
  ++count;
}

}  // namespace state
