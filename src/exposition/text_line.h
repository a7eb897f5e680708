// One line of Prometheus' text format 0.0.4, read strictly. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "exposition/writer.h"

namespace exposition {

inline constexpr std::size_t kMaxTextLineBytes = 8 << 10;
inline constexpr std::size_t kMaxTextLabels = 64;  // of one line

struct TextLine {
  enum class Kind : std::uint8_t { nothing, help, type, sample };
  Kind kind = Kind::nothing;   // nothing: blank, a comment, "# EOF", "# UNIT"
  std::string_view name = {};  // of the metric; points into the line
  std::string help = {};       // unescaped, otherwise as it came
  MetricType type = MetricType::untyped;
  // Names are valid and come once each; values are unescaped, otherwise as they came.
  std::vector<std::pair<std::string_view, std::string>> labels = {};
  double value = 0;
};

// `line` has no line end. What OpenMetrics may have after a value (timestamp, exemplar) is read
// over. The reason quotes nothing of the line: it may be anything, secrets too.
base::Result<TextLine> read_text_line(std::string_view line);

// Decimal, with or without exponent; NaN, Inf and Infinity in any case of letters.
std::optional<double> read_number(std::string_view text);

}  // namespace exposition
