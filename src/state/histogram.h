// Counts of durations by bucket. A value: copied with the status that holds it. Not for concurrent
// use by itself.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace state {

inline constexpr std::size_t kMaxBuckets = 24;

// The upper bounds in seconds, ascending, without +Inf; fixed for the life of the process.
// Immutable.
class Bounds {
 public:
  // At most kMaxBuckets finite numbers above 0, each larger than the one before; the reason says
  // which is not.
  static base::Result<std::shared_ptr<const Bounds>> make(std::vector<double> seconds);
  static std::shared_ptr<const Bounds> defaults();  // 0.0005 .. 10, 30

  const std::vector<double>& seconds() const { return seconds_; }
  std::size_t bucket_of(base::Duration d) const;  // seconds().size() for +Inf
  // le="0.005" as it stands on a page, per bucket, +Inf last: prepared once, because every page
  // shows each of them once per target.
  const std::vector<std::string>& label_texts() const { return label_texts_; }

 private:
  explicit Bounds(std::vector<double> seconds);
  std::vector<double> seconds_;
  std::vector<std::string> label_texts_;
};

struct Histogram {
  std::array<std::uint64_t, kMaxBuckets + 1>
      counts{};  // not cumulative; the bucket after the last bound is +Inf
  double sum_seconds = 0;
  std::uint64_t count = 0;

  void observe(base::Duration d,
               const Bounds& bounds);  // below 0 counts as 0: a histogram must never fall
};

}  // namespace state
