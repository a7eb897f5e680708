// Any bytes that a script may print: what the reader keeps can stand on a page of either format
// and, read from there again, is the same; what it says of the rest holds nothing of the text. An
// input is a page of metrics, so that every golden page is a seed.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"
#include "exposition/label_text.h"
#include "exposition/script_output.h"
#include "exposition/writer.h"
#include "fuzzing.h"

namespace {

using exposition::ScriptFamily;
using exposition::ScriptOutput;
using exposition::ScriptSample;

using fuzz::require;

std::string page_of(const ScriptOutput& output, exposition::Format format,
                    std::string_view of_target) {
  exposition::ChunkSink sink;
  exposition::Writer writer(format, sink);
  for (const ScriptFamily& family : output.families) {
    writer.family(family.name, family.help, family.type);
    for (const ScriptSample& sample : family.samples) {
      writer.sample(sample.suffix, {of_target, sample.label_text}, sample.value);
    }
  }
  writer.finish();
  require(writer.refused_lines() == 0);
  require(writer.samples() == output.series);
  std::string page;
  for (const std::string& chunk : sink.take_chunks()) page += chunk;
  return page;
}

void require_sound(const ScriptOutput& output) {
  require(output.series <= exposition::kMaxScriptSeries);
  require((output.refused == 0) == output.first_refusal.empty());
  std::string last;
  for (const ScriptFamily& family : output.families) {
    require(family.name > last);
    last = family.name;
    require(exposition::is_valid_metric_name(family.name));
    require(family.name.starts_with(exposition::kScriptPrefix) ||
            family.name.starts_with("phpfpm_") || family.name.starts_with("php_"));
    require(!family.help.empty() && !family.samples.empty());
  }
}

// A name that got the prefix gets it again.
std::string name_read_again(const std::string& name) {
  return name.starts_with("php") ? name : std::string(exposition::kScriptPrefix) + name;
}

bool has_room_for_the_prefix(const ScriptOutput& output) {
  return std::ranges::all_of(output.families, [](const auto& family) {
    return name_read_again(family.name).size() <= exposition::kMaxScriptNameBytes;
  });
}

void require_same(const ScriptOutput& output, const ScriptOutput& again) {
  require(again.refused == 0 && again.series == output.series);
  require(again.families.size() == output.families.size());
  for (std::size_t i = 0; i < output.families.size(); ++i) {
    const ScriptFamily& one = output.families[i];
    const ScriptFamily& other = again.families[i];
    require(name_read_again(one.name) == other.name && one.type == other.type &&
            one.help == other.help);
    require(one.samples.size() == other.samples.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto output = exposition::parse_script_output(text, {"target", "app"});
  if (!output) {
    require(output.error().size() < 120);
    require(base::clean_text(output.error(), 120) == output.error());
    return 0;
  }
  require_sound(*output);
  // The longest labels that a target may bring.
  static const std::string kLongest = "target=\"" + std::string((2 << 10) - 9, 't') + '"';
  for (const auto format : {exposition::Format::text_0_0_4, exposition::Format::openmetrics_1_0}) {
    page_of(*output, format, kLongest);
    const std::string page = page_of(*output, format, "");
    require(base::valid_utf8(page) == page && page.find('\0') == std::string::npos);
    if (page.size() > exposition::kMaxScriptBytes || !has_room_for_the_prefix(*output)) continue;
    if (output->series == 0) continue;
    const auto again = exposition::parse_script_output(page, {});
    require(again.has_value());
    require_same(*output, *again);
  }
  return 0;
}
