// The JSON that the status page lives on, and scripts may: /api/v1/targets, /api/v1/targets/NAME
// and /api/v1/status, as config/openapi.yaml describes them.
#pragma once

#include <memory>
#include <vector>

#include "http/message.h"
#include "web/fleet_view.h"
#include "web/services.h"

namespace web {

// Each is given at most so much of a page to make at once; one more gets 503.
inline constexpr std::size_t kMaxApiAnswersAtOnce = 32;

std::vector<http::Route> api_routes(std::shared_ptr<const Services> services,
                                    std::shared_ptr<FleetViews> fleet);

}  // namespace web
