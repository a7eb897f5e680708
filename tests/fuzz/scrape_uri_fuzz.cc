// Any text for a scrape URI: it is refused with a reason that can be shown, or it is an address
// that is read back as the same, and a path that a check can ask for.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"
#include "config/compat.h"
#include "config/rules.h"
#include "fuzzing.h"

namespace {

using fuzz::require;

void require_usable(std::string_view text, const config::ScrapeUri& uri) {
  require(uri.text == text.substr(0, text.find_first_of("?#")));
  require(text.size() <= config::kMaxScrapeUriBytes);
  require(config::path_problem(uri.path).empty());
  const auto again = base::parse_address(uri.address.text());
  require(again && *again == uri.address);
  probe::CheckSettings check = config::default_check("status");
  check.path = uri.path;
  require(probe::make_check(check).has_value());
}

void require_configuration(const config::Flags& flags, const config::Environment& environment) {
  config::Problems problems;
  const config::Config config = config::hipages_config(flags, environment, problems);
  fuzz::require_showable(problems.text().substr(0, problems.text().find('\n')));
  if (!problems.empty()) return;
  require(!config.targets.empty());
  for (const config::Target& target : config.targets) {
    require(config::name_problem(target.name).empty());
    require(config::label_text_problem(target).empty());
    require(config.modules.contains(target.module));
  }
}

// The same text as a value of the other program's flags and variables: with commas it is several.
void require_configurations(const std::string& text) {
  config::Flags flags;
  flags.scrape_uris = {text};
  require_configuration(flags, {});
  for (const config::Variable& variable : config::hipages_variables()) {
    require_configuration({}, {{variable.name, text}});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto uri = config::parse_scrape_uri(text);
  if (uri) {
    require_usable(text, *uri);
  } else {
    require(!uri.error().empty());
    require(base::clean_text(uri.error(), uri.error().size()) == uri.error());
  }
  require_configurations(std::string(text));
  return 0;
}
