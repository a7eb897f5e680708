// What a script printed in Prometheus' text format, checked and ready to be written on our page, in
// either format: whatever of it would spoil a page is left out here. Pure; values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "exposition/writer.h"

namespace exposition {

inline constexpr std::size_t kMaxScriptBytes = 1 << 20;
inline constexpr std::size_t kMaxScriptSeries = 2'000;
inline constexpr std::size_t kMaxScriptNameBytes = 200;
inline constexpr std::size_t kMaxScriptHelpBytes = 1 << 10;
// Beside the longest labels of a target and the longest name, a line still fits in
// Writer::kMaxLineBytes.
inline constexpr std::size_t kMaxScriptLabelBytes = 4 << 10;

struct ScriptSample {
  std::string suffix;      // "", "_bucket", "_sum", "_count"
  std::string label_text;  // from append_label(), sorted, le or quantile last; empty for none
  double value = 0;
};

// A counter's name ends in _total. A histogram is whole: every group of labels has ascending
// buckets up to +Inf, then _sum and _count, without a break.
struct ScriptFamily {
  std::string name;  // as it stands on our page
  std::string help;  // cleaned; never empty
  MetricType type = MetricType::untyped;
  std::vector<ScriptSample> samples;  // of one text: no two have the same labels and suffix
};

struct ScriptOutput {
  std::vector<ScriptFamily> families;  // sorted by name
  std::size_t series = 0;
  std::size_t refused = 0;    // series left out: more than the bound, labels that are not the
                              // script's to give, twice the same, numbers that the type cannot have
  std::string first_refusal;  // for people; empty when none was
};

// A name that starts with phpfpm_ or php_ stays; any other gets this in front, so that no script
// can take a name of ours. (Names of ours that start with phpfpm_ are refused where the page is
// written.)
inline constexpr std::string_view kScriptPrefix = "fastcgi_script_";

// Text format 0.0.4; an OpenMetrics "# EOF", "# UNIT", exemplars, timestamps and _created are read
// over. Fails at the first line that is neither, with its number and without its text, and for a
// text that is too long or without a single sample. `reserved` are the label names that the target
// brings itself. A counter without _total becomes untyped: in OpenMetrics its samples would get
// another name.
base::Result<ScriptOutput> parse_script_output(std::string_view text,
                                               const std::vector<std::string>& reserved);

// Every name that a family takes up on a page of either format, its own first: of two families that
// share one, only one may stand on a page. `name` as it stands in text 0.0.4.
std::vector<std::string> taken_names(std::string_view name, MetricType type);

}  // namespace exposition
