// Any bytes as a file of targets: read twice it is the same, within the bounds; it is refused whole
// with a reason that can be shown, or each of its targets is one that the configuration takes.
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/text.h"
#include "config/rules.h"
#include "config/target_file.h"
#include "fuzzing.h"

namespace {

using fuzz::require;

void require_usable(const config::Target& target, const config::Config& config) {
  require(config::name_problem(target.name).empty());
  require(config::label_text_problem(target).empty());
  require(config.modules.contains(target.module));
  for (const auto& [name, value] : target.labels) {
    require(config::label_problem(name, value).empty());
  }
  const auto again = base::parse_address(target.address.text());
  require(again && *again == target.address);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const config::Config config = config::default_config();
  const std::string_view text = fuzz::text_of(data, size);
  const auto read = config::parse_target_file("f", text, {}, config);
  const auto again = config::parse_target_file("f", text, {}, config);
  require(read.has_value() == again.has_value());
  if (!read) {
    require(!read.error().empty() && read.error() == again.error());
    require(base::valid_utf8(read.error()) == read.error());
    return 0;
  }
  require(read->size() == again->size() && read->size() <= config::kMaxTargetsPerFile);
  std::set<std::string> names;
  for (const config::FileTarget& each : *read) {
    require(names.insert(each.target.name).second);
    require_usable(each.target, config);
  }
  return 0;
}
