// From the series of a script's text to families that may stand on a page: whole histograms,
// counters that both formats know, no name taken twice. Pure. Only script_output.cc uses it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "exposition/script_output.h"

namespace exposition {

inline constexpr std::string_view kBucketSuffix = "_bucket";
inline constexpr std::string_view kSumSuffix = "_sum";
inline constexpr std::string_view kCountSuffix = "_count";
inline constexpr std::string_view kTotalSuffix = "_total";
inline constexpr std::string_view kCreatedSuffix = "_created";

// One series that may be kept.
struct RawSeries {
  std::size_t line = 0;         // where it stands
  std::size_t group_line = 0;   // where the first of its group stands; for finished()
  std::string suffix = {};      // "", "_bucket", "_sum", "_count"
  std::string group = {};       // label text without le and quantile
  double bound = 0;             // of le or quantile
  std::string bound_text = {};  // le="..." or quantile="..."; empty for neither
  double value = 0;

  std::string label_text() const;
};

struct RawFamily {
  std::string name;  // as the script says it
  MetricType type = MetricType::untyped;
  std::string help = {};
  bool has_samples = false;  // in the text, kept or not
  std::vector<RawSeries> series = {};
};

struct Refusal {
  std::size_t line = 0;
  std::string name;  // a valid name of a metric, of any length
  std::string reason;
};

// Counts them, and keeps the one that stands first in the text.
class Refusals {
 public:
  void add(const Refusal& refusal, std::size_t series = 1);
  std::size_t series() const { return series_; }
  const std::string& first() const { return first_; }

 private:
  std::size_t series_ = 0;
  std::size_t first_line_ = 0;
  std::string first_;
};

// `families` in the order of the text: of two that take the same name the first one stays.
ScriptOutput finished(std::vector<RawFamily>&& families, Refusals&& refusals);

}  // namespace exposition
