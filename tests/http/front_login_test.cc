// Who may ask the front what: logins, the rate limit, and pages that need neither.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "running_front.h"

namespace http {
namespace {

using testing::HasSubstr;

// Of the cheapest bcrypt there is: "wonderland" and "builder".
constexpr const char* kAlice = "$2y$04$1DpfPeqF9HzHJt.EWswy1eujyNML0myViIIbYCQ6ovjac/JWKwI3O";
constexpr const char* kBob = "$2b$04$4VeFDzXIoPHKnKTU3O3GH.PcS6Kcyy3fsz5s27G26CdF86mhuVFv.";

std::string encoded(std::string_view text) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string base64;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits = bits << 8 | (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      base64 += i + k > text.size() ? '=' : kLetters[bits >> (18 - 6 * k) & 63];
    }
  }
  return base64;
}

std::string login(std::string_view user_and_password) {
  return "Authorization: Basic " + encoded(user_and_password) + "\r\n";
}

FrontOptions login_options() {
  auto access = std::make_shared<Access>();
  access->users = {{"alice", kAlice}, {"bob", kBob}};
  FrontOptions options;
  options.access = access;
  options.open_paths = {"/health", "/echo/open", "/page"};
  return options;
}

Response ask(const RunningFront& front, std::string_view path, std::string_view lines) {
  Client client = front.client();
  client.get(path, std::string(lines) + "Connection: close\r\n");
  return client.response();
}

TEST(Login, LetsInWhoKnowsThePasswordColdAndCached) {
  RunningFront front(login_options());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(ask(front, "/echo", login("alice:wonderland")).status, 200);
    EXPECT_EQ(ask(front, "/echo", login("bob:builder")).status, 200);
    EXPECT_EQ(ask(front, "/echo", login("alice:builder")).status, 401);
    EXPECT_EQ(ask(front, "/echo", login("fakeuser:fakepassword")).status, 401);
    EXPECT_EQ(ask(front, "/echo", login("fakeuser:this is nobody's password")).status, 401)
        << "the password behind the hash for strangers";
  }
}

TEST(Login, RefusesWhatIsNoLogin) {
  RunningFront front(login_options());
  for (const std::string& lines :
       {std::string(), std::string("Authorization: Bearer x\r\n"),
        std::string("Authorization: Basic\r\n"), std::string("Authorization: Basic !!!!\r\n"),
        login("alice"), login(":"), login("alice:"), login("alice:wonderland "),
        login(std::string("alice:wonderland\0", 17)),
        login(std::string("alice\0:wonderland", 17))}) {
    const Response response = ask(front, "/echo", lines);
    EXPECT_EQ(response.status, 401) << lines;
    EXPECT_EQ(response.header("WWW-Authenticate"), "Basic realm=\"fastcgi_exporter\"");
  }
}

// CVE-2022-46146: with parts joined by nothing, the first login filled the cache for the second.
TEST(Login, CannotBePoisonedByPartsThatJoinToTheSame) {
  RunningFront front(login_options());
  const std::string hash = kAlice;
  EXPECT_EQ(ask(front, "/echo", login("alice" + hash + ":fakepassword")).status, 401);
  EXPECT_EQ(ask(front, "/echo", login("alice:" + hash + "fakepassword")).status, 401);
  EXPECT_EQ(ask(front, "/echo", login("alice:fakepassword")).status, 401);
}

TEST(Login, IsWantedForEveryPathAndMethod) {
  RunningFront front(login_options());
  for (const char* path : {"/nowhere", "/", "/echo/x", "/parked"}) {
    EXPECT_EQ(ask(front, path, "").status, 401) << path;
  }
  for (const char* request :
       {"POST /reload HTTP/1.1\r\nHost: t\r\n", "POST /nowhere HTTP/1.1\r\nHost: t\r\n",
        "PUT /echo HTTP/1.1\r\nHost: t\r\n", "DELETE /health HTTP/1.1\r\nHost: t\r\n"}) {
    for (const char* body : {"\r\n", "Content-Length: 2\r\n\r\n"}) {
      Client client = front.client();
      client.send(std::string(request) + body);
      if (std::string_view(request).find("/reload") != std::string_view::npos) client.send("xx");
      EXPECT_EQ(client.response().status, 401) << request << body;
    }
  }
  EXPECT_EQ(ask(front, "/nowhere", login("bob:builder")).status, 404);
}

TEST(Login, IsNotWantedForOpenPages) {
  RunningFront front(login_options());
  for (const char* path : {"/health", "/health?verbose", "/echo/open", "/page", "/%68ealth"}) {
    EXPECT_EQ(ask(front, path, "").status, 200) << path;
  }
  Client head = front.client();
  head.send("HEAD /health HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(head.head_response().status, 200);
}

TEST(Login, IsNotAvoidedByAnotherWayOfWritingAPath) {
  RunningFront front(login_options());
  for (const char* path : {"//health",
                           "/health/",
                           "/HEALTH",
                           "/health/../echo",
                           "/echo/../health",
                           "/./health",
                           "/health%2f..%2fecho",
                           "/health;/echo",
                           "/health%3f/echo",
                           "/echo/open/..",
                           "/echo/OPEN",
                           "/echo?/health",
                           "/echo/open%2f",
                           "/page/echo",
                           "/echo%2fopen/x",
                           "/%2568ealth",
                           "/health%20",
                           "http://t/echo",
                           "/health/echo",
                           "/echo/x/open"}) {
    EXPECT_EQ(ask(front, path, "").status, 401) << path;
  }
  // What decodes to the page itself is the page itself.
  EXPECT_EQ(ask(front, "/echo%2Fopen", "").status, 200);
  EXPECT_EQ(ask(front, "http://t/health", "").status, 200);
}

TEST(Login, IsMeasuredOnceForAllWhoAskTheSame) {
  FrontOptions options = login_options();
  options.password_queue = 2;  // more different logins than two at once would get a 503
  RunningFront front(std::move(options));
  std::deque<Client> good, bad;
  for (int i = 0; i < 150; ++i) {
    good.push_back(front.client());
    good.back().get("/echo", login("alice:wonderland"));
    bad.push_back(front.client());
    bad.back().get("/echo", login("alice:fakepassword"));
  }
  for (Client& client : good) EXPECT_EQ(client.response().status, 200);
  for (Client& client : bad) EXPECT_EQ(client.response().status, 401);
}

// They cannot be evicted, and the requests of those who have left are kept until then.
TEST(Login, IsWaitedForByABoundedNumber) {
  FrontOptions options = login_options();
  auto access = std::make_shared<Access>(*options.access);
  access->users["slow"] = "$2y$12$" + std::string(kAlice).substr(7);  // a third of a second
  options.access = access;
  options.max_waiting_for_login = 2;
  RunningFront front(std::move(options));
  ASSERT_EQ(ask(front, "/echo", login("alice:wonderland")).status, 200);
  Client waits = front.client(), leaves = front.client();
  front.wait_for_connections(2);
  for (Client* client : {&waits, &leaves}) client->get("/echo", login("slow:fakepassword"));
  leaves.reset();
  front.wait_for_connections(1);
  Client late = front.client();
  late.get("/echo", login("slow:fakepassword"));
  EXPECT_EQ(late.response().status, 503);
  EXPECT_EQ(ask(front, "/echo", login("alice:wonderland")).status, 200) << "who is known";
  EXPECT_EQ(ask(front, "/health", "").status, 200);
  EXPECT_EQ(waits.response().status, 401);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(ask(front, "/echo", login("alice:" + std::to_string(i))).status, 401) << "again free";
  }
}

TEST(Login, FollowsTheUsersThatAreReplaced) {
  RunningFront front(login_options());
  ASSERT_EQ(ask(front, "/echo", login("bob:builder")).status, 200);
  auto access = std::make_shared<Access>();
  access->users = {{"alice", kAlice}};
  front.front().replace(access);
  wait_until([&] { return ask(front, "/echo", login("bob:builder")).status == 401; });
  EXPECT_EQ(ask(front, "/echo", login("alice:wonderland")).status, 200);
}

TEST(RateLimit, GrantsABurstAndThenRefuses) {
  FrontOptions options;
  auto access = std::make_shared<Access>();
  access->rate_limit = {.interval = std::chrono::hours(1), .burst = 3};
  access->headers = {{"X-Frame-Options", "deny"}};
  options.access = access;
  options.open_paths = {"/health"};
  RunningFront front(std::move(options));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(front.ask("/echo").status, 200);
  EXPECT_EQ(front.ask("/echo").status, 429);
  EXPECT_EQ(front.ask("/nowhere").status, 429);
  EXPECT_EQ(front.ask("/health").status, 200);
  EXPECT_EQ(front.ask("/echo").header("X-Frame-Options"), "deny");
}

TEST(Headers, AreOnEveryAnswerThatHasNoSuchHeaderOfItsOwn) {
  FrontOptions options = login_options();
  auto access = std::make_shared<Access>(*options.access);
  access->headers = {{"X-Frame-Options", "deny"}, {"www-authenticate", "no"}};
  options.access = access;
  RunningFront front(std::move(options));
  EXPECT_EQ(ask(front, "/health", "").header("X-Frame-Options"), "deny");
  const Response refused = ask(front, "/nowhere", "");
  EXPECT_EQ(refused.header("X-Frame-Options"), "deny");
  EXPECT_EQ(refused.header("www-authenticate"), "");
  Client bad = front.client();
  bad.send("nonsense\r\n");
  EXPECT_THAT(bad.rest(), HasSubstr("X-Frame-Options: deny"));
}

}  // namespace
}  // namespace http
