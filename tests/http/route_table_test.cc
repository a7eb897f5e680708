#include "http/route_table.h"

#include <gtest/gtest.h>

namespace http {
namespace {

Route route(std::string path, bool takes_name, bool get, bool post) {
  Route result;
  result.path = std::move(path);
  result.takes_name = takes_name;
  result.get = get;
  result.post = post;
  return result;
}

const RouteTable& table() {
  static const RouteTable routes(
      {route("/", false, true, false), route("/fcgi-ping", true, true, false),
       route("/fcgi-ping/exact", false, true, false), route("/-/reload", false, false, true),
       route("/both", false, true, false), route("/both", false, false, true)});
  return routes;
}

// The path of the route and the name, or what is allowed instead.
std::string found(Method method, std::string_view path) {
  const RouteMatch match = table().find(method, path);
  return match.route ? match.route->path + " " + match.name : "none: " + match.allow;
}

TEST(RouteTable, FindsExactPathsFirst) {
  EXPECT_EQ(found(Method::get, "/"), "/ ");
  EXPECT_EQ(found(Method::head, "/fcgi-ping"), "/fcgi-ping ");
  EXPECT_EQ(found(Method::get, "/fcgi-ping/exact"), "/fcgi-ping/exact ");
  EXPECT_EQ(found(Method::post, "/-/reload"), "/-/reload ");
}

TEST(RouteTable, TakesOneNameBehindThePath) {
  EXPECT_EQ(found(Method::get, "/fcgi-ping/www"), "/fcgi-ping www");
  EXPECT_EQ(found(Method::get, "/fcgi-ping/a b"), "/fcgi-ping a b");
  EXPECT_EQ(found(Method::get, "/fcgi-ping/www/more"), "none: ");
  EXPECT_EQ(found(Method::get, "/fcgi-ping/"), "none: ");
  EXPECT_EQ(found(Method::get, "/-/reload/www"), "none: ");
}

TEST(RouteTable, KnowsNoOtherPath) {
  for (const char* path : {"", "*", "//", "/nothing", "/fcgi-pin", "/../fcgi-ping", "/FCGI-PING"}) {
    EXPECT_EQ(found(Method::get, path), "none: ") << path;
  }
}

TEST(RouteTable, SaysWhichMethodsAPathHas) {
  EXPECT_EQ(found(Method::post, "/fcgi-ping/www"), "none: GET, HEAD");
  EXPECT_EQ(found(Method::other, "/"), "none: GET, HEAD");
  EXPECT_EQ(found(Method::get, "/-/reload"), "none: POST");
  EXPECT_EQ(found(Method::other, "/both"), "none: GET, HEAD, POST");
  EXPECT_EQ(found(Method::post, "/both"), "/both ");
}

}  // namespace
}  // namespace http
