#include "web/route_prefix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "http/route_table.h"

namespace web {
namespace {

std::vector<http::Route> routes() {
  std::vector<http::Route> made(3);
  made[0].path = "/";
  made[1].path = "/metrics";
  made[2].path = "/fcgi-live";
  made[2].takes_name = true;
  return made;
}

TEST(RoutePrefix, PutsEveryPageBelowIt) {
  for (const char* prefix : {"/a/b", "/a/b/"}) {
    const http::RouteTable table(with_prefix(routes(), prefix));
    for (const char* path : {"/a/b/", "/a/b/metrics", "/a/b/fcgi-live/www", "/", "/a/b"}) {
      EXPECT_NE(table.find(http::Method::get, path).route, nullptr) << path;
    }
    for (const char* path : {"/metrics", "/a/metrics", "/a/b/metrics/", "/a"}) {
      EXPECT_EQ(table.find(http::Method::get, path).route, nullptr) << path;
    }
    const http::Answer answer = table.find(http::Method::get, "/").route->answer({});
    EXPECT_EQ(answer.status, 302);
    EXPECT_THAT(answer.headers, testing::ElementsAre(testing::Pair("Location", "/a/b/")));
  }
}

TEST(RoutePrefix, OfASlashChangesNothing) {
  EXPECT_EQ(with_prefix(routes(), "/").size(), 3U);
  EXPECT_EQ(with_prefix(routes(), "/")[1].path, "/metrics");
}

TEST(PrefixedPages, AreThoseThatThereAre) {
  const auto below = with_prefix(routes(), "/x");
  EXPECT_THAT(prefixed_pages({"/metrics", "/fcgi-live", "/fcgi-live/www"}, "/x", below),
              testing::ElementsAre("/x/metrics", "/x/fcgi-live", "/x/fcgi-live/www"));
  EXPECT_THROW(prefixed_pages({"/metrics/www"}, "/x", below), std::runtime_error);
}

}  // namespace
}  // namespace web
