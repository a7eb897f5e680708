// What a script printed in Prometheus' text format, checked and ready to be written on our page.
// Pure; values.
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

struct ScriptSample {
  std::string suffix;      // "", "_bucket", "_sum", "_count"
  std::string label_text;  // from append_label(); empty for none
  double value = 0;
};

struct ScriptFamily {
  std::string name;  // as it stands on our page
  std::string help;
  MetricType type = MetricType::untyped;
  std::vector<ScriptSample> samples;
};

struct ScriptOutput {
  std::vector<ScriptFamily> families;  // sorted by name
  std::size_t series = 0;
  std::size_t refused = 0;    // series left out: too many, a reserved label, the same series twice
  std::string first_refusal;  // for people; empty when none was
};

// A name that starts with phpfpm_ or php_ stays; any other gets this in front, so that no script
// can take a name of ours. (Names of ours that start with phpfpm_ are refused where the page is
// written.)
inline constexpr std::string_view kScriptPrefix = "fastcgi_script_";

// Text format 0.0.4; an OpenMetrics "# EOF", "# UNIT" and timestamps are read over. Fails at the
// first line that is neither, with its number, and for a text without a single sample.
// `reserved` are the label names that the target brings itself.
base::Result<ScriptOutput> parse_script_output(std::string_view text,
                                               const std::vector<std::string>& reserved);

}  // namespace exposition
