// Any bytes for a status page: it is read or refused, within its bounds and the same each time;
// cut anywhere it is refused or keeps the pool's figures. An input is a body, so that a page from a
// browser is a seed.
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>

#include "fuzzing.h"
#include "phpfpm/status_page.h"

namespace {

using phpfpm::Keep;
using phpfpm::StatusPage;

constexpr std::size_t kMaxReasonBytes = 300;

using fuzz::require;

void require_printable(std::string_view text) {
  for (const char c : text) require(static_cast<unsigned char>(c) >= ' ');
}

void require_within_bounds(const StatusPage& page) {
  require(!page.pool.empty() && page.pool.size() <= phpfpm::kMaxPoolNameBytes);
  require_printable(page.pool);
  require(page.process_manager == "static" || page.process_manager == "dynamic" ||
          page.process_manager == "ondemand" || page.process_manager == "unknown");
  require(page.processes.size() <= phpfpm::kMaxProcesses);
  if (!page.summary) return require(page.processes.empty());
  const auto& states = page.summary->by_state;
  require(std::accumulate(states.begin(), states.end(), std::uint64_t{0}) == page.processes.size());
}

StatusPage without_list(StatusPage page) {
  page.summary.reset();
  page.processes.clear();
  page.warnings = 0;
  return page;
}

// Where to cut depends on the bytes themselves, so that an input is all it takes to repeat a
// finding.
std::string_view cut(std::string_view body) {
  std::uint32_t seed = 0;
  for (const char byte : body) seed = seed * 31 + static_cast<unsigned char>(byte);
  return body.substr(0, seed % (body.size() + 1));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body = fuzz::text_of(data, size);
  const auto page = phpfpm::parse_status_page(body, Keep::processes);
  const auto again = phpfpm::parse_status_page(body, Keep::processes);
  const auto sums = phpfpm::parse_status_page(body, Keep::summary);
  require(page.has_value() == again.has_value() && page.has_value() == sums.has_value());
  if (!page) {
    require(!page.error().empty() && page.error().size() <= kMaxReasonBytes);
    require(page.error() == again.error() && page.error() == sums.error());
    require_printable(page.error());
    return 0;
  }
  require_within_bounds(*page);
  require(*page == *again);
  StatusPage summed = *page;
  summed.processes.clear();
  require(summed == *sums);

  const auto beginning = phpfpm::parse_status_page(cut(body), Keep::processes);
  if (beginning) require(without_list(*beginning) == without_list(*page));
  return 0;
}
