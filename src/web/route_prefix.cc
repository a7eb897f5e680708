#include "web/route_prefix.h"

#include <stdexcept>

#include "http/route_table.h"

namespace web {
namespace {

http::Route redirect(std::string from, const std::string& to) {
  http::Route route;
  route.path = std::move(from);
  route.answer = [to](const http::Request&) {
    http::Answer answer = http::text_answer(302, "The pages are at " + to + "\n");
    answer.headers.emplace_back("Location", to);
    return answer;
  };
  return route;
}

}  // namespace

std::string prefixed(std::string_view prefix, std::string_view path) {
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  return std::string(prefix).append(path);
}

std::vector<http::Route> with_prefix(std::vector<http::Route> routes, std::string_view prefix) {
  const std::string first_page = prefixed(prefix, "/");
  if (first_page == "/") return routes;
  for (http::Route& route : routes) route.path = prefixed(prefix, route.path);
  routes.push_back(redirect("/", first_page));
  routes.push_back(redirect(prefixed(prefix, ""), first_page));
  return routes;
}

std::vector<std::string> prefixed_pages(const std::vector<std::string>& pages,
                                        std::string_view prefix,
                                        const std::vector<http::Route>& routes) {
  std::vector<std::string> paths;
  const http::RouteTable table(routes);
  for (const std::string& page : pages) {
    paths.push_back(prefixed(prefix, page));
    const http::RouteMatch match = table.find(http::Method::get, paths.back());
    if (match.route == nullptr && match.allow.empty()) {
      throw std::runtime_error("--web.unauthenticated-paths: there is no page " + page);
    }
  }
  return paths;
}

}  // namespace web
