// Durations as people write them: "250ms", "5s", "1m30s", "2h", "1d"; "0" and "0s" are zero. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace base {

// Units d h m s ms us, each at most once, largest first, whole numbers. Nothing for anything else,
// overflow included.
std::optional<Duration> parse_duration(std::string_view text);

// Largest units first, zero ones left out ("1m30s", "1s500ms", "0s"): parse_duration() reads back
// the same value, down to whole microseconds. A negative one, which no configuration can hold, gets
// a minus sign.
std::string format_duration(Duration duration);

}  // namespace base
