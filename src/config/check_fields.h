// The keys of one check in the file: each kind has its own.
#pragma once

#include <vector>

#include "config/fields.h"
#include "probe/check.h"

namespace config {

Type<fastcgi::Params> params();

// `checks`: checks by their names. An interval that is not given stays 0.
Type<std::vector<probe::CheckSettings>> checks_by_name();

// `ping:`, short for `checks: {ping: {kind: ping, ...}}`; adds to the list.
Type<std::vector<probe::CheckSettings>> check_of_kind(std::string_view kind);

}  // namespace config
