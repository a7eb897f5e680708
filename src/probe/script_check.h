// The kind `script`: run a script, and read the metrics that it prints in Prometheus' text format.
// Passes with Verdict.script_output only. Pure.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "probe/check.h"

namespace probe {

// With the script's folder, for scripts that look for their files from there.
fastcgi::Params script_params(const CheckSettings& settings);
base::Result<std::unique_ptr<const Check>> make_script_check(const CheckSettings& settings,
                                                             std::string request);

}  // namespace probe
