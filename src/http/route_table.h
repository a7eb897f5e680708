// Which route a request means. Immutable once built, and pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace http {

struct RouteMatch {
  const Route* route = nullptr;  // lives as long as the table
  std::string name;              // of a route that takes one
  std::string allow;             // without a route: the methods the path has; empty: no such path
};

class RouteTable {
 public:
  explicit RouteTable(std::vector<Route> routes) : routes_(std::move(routes)) {}

  // Exact paths first, then PATH/NAME. Several routes may share a path with different methods.
  RouteMatch find(Method method, std::string_view path) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace http
