// How long ago something was, as pages show it. Pure.
#pragma once

#include "base/time.h"

namespace web {

// Never negative: the worker that wrote `then` may have read the clock after the reader of `now`.
constexpr base::Duration age(base::TimePoint then, base::TimePoint now) {
  return now > then ? now - then : base::Duration::zero();
}

}  // namespace web
