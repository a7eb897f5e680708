// Any bytes as PHP-FPM's configuration: read twice it is the same, within the bounds, every text of
// it can be shown, and each `listen` is an address that reads back the same or has a reason.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"
#include "fuzzing.h"
#include "phpfpm/listen_address.h"
#include "phpfpm/pool_file.h"

namespace {

using fuzz::require;

void require_usable(const phpfpm::Pool& pool) {
  require(!pool.name.empty() && pool.name.size() <= phpfpm::kMaxPoolSectionBytes);
  for (const std::string* text : {&pool.listen, &pool.ping_path, &pool.ping_response,
                                  &pool.status_path, &pool.status_listen, &pool.prefix}) {
    require(text->size() <= phpfpm::kMaxPoolValueBytes);
    fuzz::require_showable(*text);
  }
  const auto address = phpfpm::listen_address(pool.listen, pool.prefix);
  if (!address) return require(!address.error().empty());
  const auto again = base::parse_address(address->text());
  require(again && *again == *address);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const phpfpm::PoolFile file = phpfpm::parse_pool_file(text);
  require(file == phpfpm::parse_pool_file(text));
  require(file.directives.size() <= phpfpm::kMaxPoolDirectives);
  require(file.problems.size() <= phpfpm::kMaxPoolProblems + 2);
  for (const phpfpm::PoolProblem& problem : file.problems) fuzz::require_showable(problem.what);
  phpfpm::PoolSet pools;
  for (const phpfpm::PoolDirective& directive : file.directives) pools.apply(directive, "f");
  require(pools.pools().size() <= phpfpm::kMaxPools);
  for (const phpfpm::Pool& pool : pools.pools()) require_usable(pool);
  for (const std::string& problem : pools.problems()) fuzz::require_showable(problem);
  return 0;
}
