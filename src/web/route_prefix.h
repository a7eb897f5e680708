// Every page below one path, for a proxy that passes it on. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace web {

// "/exporter" and "/metrics" make "/exporter/metrics"; the prefix "/" changes nothing, and a "/" at
// its end means nothing.
std::string prefixed(std::string_view prefix, std::string_view path);

// The same routes below `prefix`, and redirects from "/" and from the bare prefix to the first page
// there. Nothing else is left outside of it, the health pages included.
std::vector<http::Route> with_prefix(std::vector<http::Route> routes, std::string_view prefix);

// `pages` below the prefix. Throws std::runtime_error for one that no route has: it is a mistake,
// and the page that was meant would stay as it is.
std::vector<std::string> prefixed_pages(const std::vector<std::string>& pages,
                                        std::string_view prefix,
                                        const std::vector<http::Route>& routes);

}  // namespace web
