// The kind `ping`: ask for a page, and compare status and body with what is expected. Pure.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "probe/check.h"

namespace probe {

base::Result<std::unique_ptr<const Check>> make_ping_check(const CheckSettings& settings,
                                                           std::string request);

}  // namespace probe
