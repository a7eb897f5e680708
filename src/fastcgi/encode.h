// A FastCGI request as bytes. Pure; the buffer is built once per check and sent with one write per
// probe. FastCGI 1.0, sections 3.3 (records), 3.4 (name-value pairs) and 6.2 (responder).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace fastcgi {

using Params = std::vector<std::pair<std::string, std::string>>;

// Each connection carries one request: PHP-FPM serves no second one beside it.
inline constexpr std::uint16_t kRequestId = 1;

// BEGIN_REQUEST (responder, KEEP_CONN off: an idle kept connection holds a PHP-FPM worker for
// ever), PARAMS, the empty PARAMS record and the empty STDIN record (without it fcgiwrap, Go, uWSGI
// and Ruby wait for ever). PARAMS are split over records only between pairs, since PHP-FPM resets a
// connection whose pair straddles two. Fails for a pair that fits no record; nothing is ever cut.
base::Result<std::string> encode_request(const Params& params,
                                         std::uint16_t request_id = kRequestId);

}  // namespace fastcgi
