// Answers made smaller for clients that can read gzip.
#pragma once

#include "http/message.h"

namespace web {

inline constexpr std::size_t kMinCompressedBytes = 1 << 10;  // below, it only costs

// Sets Vary in any case, for whether it is compressed depends on the request.
void compress_if_accepted(http::Answer& answer, const http::Request& request);

}  // namespace web
