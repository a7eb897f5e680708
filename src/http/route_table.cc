#include "http/route_table.h"

namespace http {
namespace {

bool takes(const Route& route, Method method) {
  switch (method) {
    case Method::get:
    case Method::head:
      return route.get;
    case Method::post:
      return route.post;
    case Method::other:
      return false;
  }
  return false;
}

void append_methods(std::string& allow, const Route& route) {
  if (route.get) allow += allow.empty() ? "GET, HEAD" : ", GET, HEAD";
  if (route.post) allow += allow.empty() ? "POST" : ", POST";
}

}  // namespace

RouteMatch RouteTable::find(Method method, std::string_view path) const {
  const auto slash = path.rfind('/');
  const bool may_name = slash != std::string_view::npos && slash + 1 < path.size();
  RouteMatch match;
  for (const bool named : {false, true}) {
    if (named && (!may_name || !match.allow.empty())) break;
    for (const Route& route : routes_) {
      if (named ? !route.takes_name || route.path != path.substr(0, slash) : route.path != path) {
        continue;
      }
      if (takes(route, method)) {
        return {.route = &route,
                .name = named ? std::string(path.substr(slash + 1)) : std::string(),
                .allow = {}};
      }
      append_methods(match.allow, route);
    }
  }
  return match;
}

}  // namespace http
