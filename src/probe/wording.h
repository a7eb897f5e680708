// Pieces of the details that people read about a probe. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace probe {

inline constexpr std::size_t kMaxQuotedBytes = 120;

// In double quotes, trimmed, cleaned and bounded; says how long the text is when it is cut.
std::string in_quotes(std::string_view raw);

// "1 byte", "200 bytes".
std::string byte_count(std::uint64_t bytes);

// "0.3 ms", "1.98 s": for people, so three digits are plenty.
std::string readable(base::Duration duration);

}  // namespace probe
