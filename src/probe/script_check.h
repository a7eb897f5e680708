// The kind `script`: run a script, and read the metrics that it prints in Prometheus' text format.
// Passes with Verdict.script_output only. Pure.
#pragma once

#include <memory>

#include "base/result.h"
#include "probe/check.h"

namespace probe {

base::Result<std::unique_ptr<const Check>> make_script_check(const CheckSettings& settings);

}  // namespace probe
