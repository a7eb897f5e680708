// Any bytes as a configuration file: read twice it is the same; it is refused with reasons that can
// be shown, or it comes back from the file that the exporter would write of it, and JSON means what
// a reader of JSON says.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "config/document.h"
#include "config/effective.h"
#include "config/load.h"
#include "config/rules.h"
#include "fuzzing.h"

namespace {

using config::Secrets;
using fuzz::require;

base::Result<config::Loaded> load(const std::string& text) {
  config::Flags flags;
  flags.config_file = "f";
  return config::load(flags, {}, [&](const std::string&) { return base::Result(text); });
}

void require_showable_lines(std::string_view text) {
  require(!text.empty());
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    fuzz::require_showable(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void require_comes_back(const config::Config& config) {
  const std::string text = config::effective_yaml(config, Secrets::shown);
  const auto again = load(text);
  require(again.has_value());
  require(again->config.web == config.web && again->config.modules == config.modules);
  require(again->config.targets == config.targets);
  require(config::effective_yaml(again->config, Secrets::shown) == text);
}

void require_usable(const config::Config& config) {
  require(!config.web.listen_address.empty());
  for (const config::Target& target : config.targets) {
    require(config::name_problem(target.name).empty());
    require(config::label_text_problem(target).empty());
    for (const probe::CheckSettings& check : config::module_of(config, target).checks) {
      require(probe::make_check(check).has_value());
    }
  }
}

void require_json_means_itself(const std::string& text) {
  const auto json = config::Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || json.is_null()) return;
  config::Problems problems;
  const config::Document document = config::parse_document("f", text, problems);
  if (problems.empty()) require(*document.root == json);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  const auto loaded = load(text);
  const auto again = load(text);
  require(loaded.has_value() == again.has_value());
  require_json_means_itself(text);
  if (!loaded) {
    require(loaded.error() == again.error());
    require_showable_lines(loaded.error());
    return 0;
  }
  for (const std::string& warning : loaded->warnings) require_showable_lines(warning);
  require_usable(loaded->config);
  require_comes_back(loaded->config);
  return 0;
}
