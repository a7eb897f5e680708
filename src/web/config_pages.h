// Pages that are made of the configuration alone: /config and /sd. With 10,000 targets one takes
// a tenth of a second, so few are made at once, and those who come together share one. Any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "http/message.h"
#include "web/services.h"

namespace web {

inline constexpr std::size_t kMaxConfigPagesAtOnce = 24;  // of each; one more gets 503

std::vector<http::Route> config_routes(const std::shared_ptr<const Services>& services);

}  // namespace web
