// What an exchange may have brought, out of a few bytes.
#pragma once

#include "fuzzing.h"
#include "probe/attempt.h"

namespace fuzz {

probe::Attempt attempt_from(Script& script);

}  // namespace fuzz
