// The keys that say what an answer must be: `expect` and `status` of a ping.
#pragma once

#include "config/fields.h"
#include "probe/check.h"

namespace config {

Type<probe::Expectation> expectation();
Type<probe::Expectation> statuses();

}  // namespace config
