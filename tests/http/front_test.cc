// What a well-behaved client sees.
#include "http/front.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <system_error>

#include "running_front.h"
#include "support/temp_dir.h"

namespace http {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Front, AnswersWithOurHeadersAndNoOthers) {
  RunningFront front;
  Client client = front.client();
  client.get("/health");
  const Response response = client.response();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "ok\n");
  EXPECT_EQ(response.header("Content-Length"), "3");
  EXPECT_EQ(response.header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_THAT(response.header("Date"), testing::EndsWith(" GMT"));
  EXPECT_THAT(response.head, Not(HasSubstr("Keep-Alive")));
  EXPECT_THAT(response.head, Not(HasSubstr("Connection")));
}

TEST(Front, KeepsAConnectionForManyRequests) {
  RunningFront front;
  Client client = front.client();
  for (int i = 0; i < 300; ++i) {  // httplib would close after 5
    client.get(i % 2 == 0 ? "/health" : "/page");
    ASSERT_EQ(client.response().status, 200) << i;
  }
  EXPECT_EQ(front.front().connections(), 1);
}

TEST(Front, AnswersHeadWithTheHeadersOfGetAndNoBody) {
  RunningFront front;
  Client client = front.client();
  for (const std::string path : {"/health", "/big", "/nothing"}) {
    client.get(path);
    const Response get = client.response();
    client.send("HEAD " + path + " HTTP/1.1\r\nHost: test\r\n\r\n");
    const Response head = client.head_response();
    EXPECT_EQ(head.status, get.status);
    EXPECT_EQ(head.header("Content-Length"), get.header("Content-Length"));
    EXPECT_EQ(head.header("Content-Type"), get.header("Content-Type"));
    EXPECT_THAT(head.head, Not(HasSubstr("Accept-Ranges")));
  }
  client.get("/health");  // no stray body byte stands before this answer
  EXPECT_EQ(client.response().body, "ok\n");
}

TEST(Front, SaysWhichMethodsAPageTakes) {
  RunningFront front;
  Client client = front.client();
  for (const std::string method : {"OPTIONS", "DELETE", "PUT", "TRACE", "POST", "get"}) {
    client.send(method + " /health HTTP/1.1\r\nHost: test\r\n\r\n");
    const Response response = client.response();
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(response.header("Allow"), "GET, HEAD");
  }
  client.get("/reload");
  EXPECT_EQ(client.response().header("Allow"), "POST");
  client.get("/nothing");
  EXPECT_EQ(client.response().status, 404);
}

TEST(Front, GivesTheHandlerWhatWasAsked) {
  RunningFront front;
  Client client = front.client();
  client.get("/echo/a%2Bb%20c?x=%31", "Accept: text/html\r\nAuthorization: Bearer t\r\n");
  EXPECT_THAT(client.response().body, StartsWith("a+b c|x=%31|text/html|Bearer t|127.0.0.1:"));
  client.send("GET http://elsewhere/echo/n?q HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_THAT(client.response().body, StartsWith("n|q|"));
}

TEST(Front, DecidesAboutTheConnectionItself) {
  RunningFront front;
  struct Case {
    const char* request;
    const char* connection;  // the header of the answer
    bool stays;
  };
  for (const Case& c : {
           Case{"GET /health HTTP/1.1\r\nHost: t\r\nConnection: Close\r\n\r\n", "close", false},
           Case{"GET /health HTTP/1.1\r\nHost: t\r\nConnection: close, TE\r\n\r\n", "close", false},
           Case{"GET /health HTTP/1.0\r\n\r\n", "close", false},
           Case{"GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "keep-alive", true},
           Case{"GET /health HTTP/1.1\r\nHost: t\r\n\r\n", "", true},
       }) {
    Client client = front.client();
    client.send(c.request);
    const Response response = client.response();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.header("Connection"), c.connection) << c.request;
    if (c.stays) {
      client.get("/health");
      EXPECT_EQ(client.response().status, 200) << c.request;
    } else {
      EXPECT_TRUE(client.is_closed()) << c.request;
    }
  }
}

TEST(Front, AnswersPipelinedRequestsInOrderWhateverTheirCost) {
  RunningFront front;
  front.world().gate.open();
  Client client = front.client();
  client.send(
      "GET /gated HTTP/1.1\r\nHost: t\r\n\r\n"
      "GET /health HTTP/1.1\r\nHost: t\r\n\r\n"
      "POST /reload HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\nnow!"
      "GET /at-once HTTP/1.1\r\nHost: t\r\n\r\n"
      "GET /page HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
  for (const char* want : {"gated\n", "ok\n", "got now!", "first", "page\n"}) {
    EXPECT_EQ(client.response().body, want);
  }
  EXPECT_TRUE(client.is_closed());
}

TEST(Front, AnswersHundredsOfPipelinedRequests) {
  RunningFront front;
  Client client = front.client();
  std::string requests;
  for (int i = 0; i < 500; ++i) {
    requests += "GET /echo/" + std::to_string(i) + " HTTP/1.1\r\nHost: t\r\n\r\n";
  }
  client.send(requests);
  client.end_sending();  // half-closed: the answers still come
  for (int i = 0; i < 500; ++i) {
    ASSERT_THAT(client.response().body, StartsWith(std::to_string(i) + "|"));
  }
  EXPECT_TRUE(client.is_closed());
}

TEST(Front, AnswersAClientThatHasEndedItsSending) {
  RunningFront front;
  for (const char* path : {"/health", "/page", "/big", "/parked"}) {
    Client client = front.client();
    client.get(path);
    client.end_sending();
    if (std::string(path) == "/parked") front.world().replies.take()(text_answer(200, "late"));
    EXPECT_EQ(client.response().status, 200) << path;
    EXPECT_TRUE(client.is_closed());
  }
}

TEST(Front, TakesAHeadAndABodyInAnyPieces) {
  RunningFront front;
  Client client = front.client();
  for (const char c : std::string("POST /reload HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\n"
                                  "hello")) {
    client.send(std::string(1, c));
  }
  EXPECT_EQ(client.response().body, "got hello");
  client.send("POST /reload HTTP/1.1\r\nHost: t\r\n\r\n");  // as curl -X POST does
  EXPECT_EQ(client.response().body, "got ");
}

TEST(Front, TellsAClientThatAsksToSendItsBody) {
  RunningFront front;
  Client client = front.client();
  client.send(
      "POST /reload HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.response().status, 100);
  client.send("hi");
  EXPECT_EQ(client.response().body, "got hi");
}

TEST(Front, AsksForNoBodyThatItWouldNotRead) {
  RunningFront front;
  for (const auto& [path, status] : {std::pair{"/nothing", 404}, std::pair{"/health", 405}}) {
    Client client = front.client();
    client.send("POST " + std::string(path) +
                " HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    const Response response = client.response();
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.header("Connection"), "close");
    EXPECT_TRUE(client.is_closed());
  }
}

TEST(Front, HidesWhatAHandlerThrows) {
  RunningFront front;
  for (const char* path : {"/throws", "/throws-in-pool", "/throws-odd", "/throws-later"}) {
    const Response response = front.ask(path);
    EXPECT_EQ(response.status, 500) << path;
    EXPECT_THAT(response.head + response.body, Not(HasSubstr("SECRET")));
    EXPECT_THAT(response.head, Not(HasSubstr("EXCEPTION")));
  }
  EXPECT_EQ(front.ask("/health").status, 200);
}

TEST(Front, CountsAnswersByTheirCode) {
  RunningFront front;
  front.ask("/health");
  front.ask("/page");
  front.ask("/nothing");
  Client client = front.client();
  client.send("nonsense\r\n");
  client.response();
  EXPECT_EQ(front.front().requests_by_code(),
            (std::map<int, std::uint64_t>{{200, 2}, {400, 1}, {404, 1}}));
}

TEST(Front, ServesSeveralAddressesOfEveryKind) {
  const support::TempDir directory;
  FrontOptions options;
  options.listen = {loopback(),
                    {.transport = base::Transport::tcp, .host = "::1", .port = 0, .path = {}},
                    {.transport = base::Transport::unix_socket,
                     .host = {},
                     .port = 0,
                     .path = directory.file("front.sock")}};
  RunningFront front(options);
  ASSERT_EQ(front.front().bound().size(), 3U);
  for (const base::Address& address : front.front().bound()) {
    Client client(address);
    client.get("/big");
    EXPECT_EQ(client.response().body.size(), std::size_t{20} << 20) << address.text();
    client.get("/health");
    EXPECT_EQ(client.response().body, "ok\n") << address.text();
  }
}

TEST(Front, SaysWhichAddressItCannotListenOn) {
  RunningFront first;
  FrontOptions options;
  options.listen = {loopback(), first.address()};
  try {
    Front second(options, {});
    FAIL() << "two processes would share one port";
  } catch (const std::system_error& error) {
    EXPECT_THAT(error.what(), HasSubstr(first.address().text()));
    EXPECT_THAT(error.what(), HasSubstr("in use"));
    EXPECT_EQ(error.code().value(), EADDRINUSE);
  }
}

TEST(Front, ShowsThatItsLoopTurns) {
  RunningFront front;
  const base::TimePoint before = base::Clock::now();
  wait_until([&] { return front.front().last_turn() > before; });  // with no client at all
  EXPECT_LE(front.front().last_turn(), base::Clock::now());
}

}  // namespace
}  // namespace http
