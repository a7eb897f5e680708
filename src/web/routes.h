// The route table: one row per page.
#pragma once

#include <memory>
#include <vector>

#include "http/message.h"
#include "web/services.h"

namespace web {

std::vector<http::Route> make_routes(const std::shared_ptr<const Services>& services);

}  // namespace web
