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
  return 0;
}
