// The page at `/`: the verdict, then every target, worst first, with why and what to do. Here it is
// a plain table with links to its parts, for everyone; the scripts of src/web/assets bring it to
// life.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "web/fleet_view.h"
#include "web/services.h"

namespace web {

// `/` and the files it asks for, under assets/. All links are relative: the page may stand
// anywhere.
std::vector<http::Route> status_page_routes(std::shared_ptr<const Services> services,
                                            std::shared_ptr<FleetViews> fleet);

// Text made safe inside an HTML element or a quoted attribute.
std::string escape_html(std::string_view text);

}  // namespace web
