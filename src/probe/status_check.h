// The kind `status`: ask for PHP-FPM's status page in JSON and read the pool's figures. Passes with
// Verdict.status_page only: an answer that is no status page is never "up", whatever its status.
// Pure.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "probe/check.h"

namespace probe {

// The query is the words that PHP-FPM looks for.
fastcgi::Params status_params(const CheckSettings& settings);
// Fails for a path with a query: what is asked for is for `process_details` to say.
base::Result<std::unique_ptr<const Check>> make_status_check(const CheckSettings& settings,
                                                             std::string request);

}  // namespace probe
