// What a hostile client gets: an answer or a closed connection, and never more than its own. Each
// test is a hole of stock cpp-httplib 0.11.4.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "running_front.h"

namespace http {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// What the process holds in memory now.
std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * 4096;
}

constexpr std::size_t kMemorySlack = std::size_t{64} << 20;  // sanitizers hold back what was freed

// One answer with that status, then the end of the connection.
void expect_refused(Client& client, int status) {
  const Response response = client.response();
  EXPECT_EQ(response.status, status) << response.body;
  EXPECT_EQ(response.header("Connection"), "close");
  EXPECT_EQ(client.rest(), "") << "a second answer";
}

TEST(HostileClient, GetsTheWholePageForAnyRange) {
  RunningFront front;
  std::string bomb = "Range: bytes=0-";
  while (bomb.size() < 8000) bomb += ",0-";
  for (const std::string& range :
       {std::string("Range: bytes=0-0"), bomb, "Range: bytes=" + std::string(8100, '1') + "-"}) {
    Client client = front.client();
    client.get("/big", range + "\r\n");
    const Response response = client.response();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body.size(), std::size_t{20} << 20);
    EXPECT_THAT(response.head, Not(HasSubstr("Range")));
  }
}

TEST(HostileClient, CannotSendAnEndlessHeaderLine) {
  RunningFront front;
  const std::size_t before = resident_bytes();
  Client client = front.client();
  client.send("GET /health HTTP/1.1\r\nHost: t\r\nX: ");
  const std::string piece(std::size_t{1} << 20, 'a');
  int sent = 0;
  while (sent < 200 && client.send(piece)) ++sent;
  EXPECT_LT(sent, 100) << "megabytes taken";
  EXPECT_LT(resident_bytes(), before + kMemorySlack);
  EXPECT_EQ(front.ask("/health").status, 200);
}

TEST(HostileClient, CannotSendEndlessManyHeaders) {
  RunningFront front;
  Client client = front.client();
  std::string head = "GET /health HTTP/1.1\r\nHost: t\r\n";
  while (head.size() < 20000) head += "A: b\r\n";
  client.send(head);
  expect_refused(client, 431);
}

TEST(HostileClient, CannotSendAHeadOfTenMegabytes) {
  RunningFront front;
  const std::size_t before = resident_bytes();
  std::string head = "GET /health HTTP/1.1\r\nHost: t\r\n";
  while (head.size() < (10U << 20)) head += "Header: value\r\n";
  for (int i = 0; i < 10; ++i) {
    Client client = front.client();
    client.send(head + "\r\n");
    EXPECT_THAT(client.rest(), Not(HasSubstr("HTTP/1.1 200")));
  }
  EXPECT_LT(resident_bytes(), before + kMemorySlack);
}

TEST(HostileClient, CannotAskForAnEndlessTarget) {
  RunningFront front;
  Client client = front.client();
  client.get("/" + std::string(9000, 'a'));
  expect_refused(client, 414);
}

TEST(HostileClient, GetsNoChunkedBodyIn) {
  RunningFront front;
  const std::string request =
      "POST /reload HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& body :
       {std::string("5\r\nhello\r\n0\r\n\r\n"), std::string("-2\r\nxx\r\n0\r\n\r\n"),
        "FFFFFFFF\r\n" + std::string(100'000, 'x'),
        std::string("0\r\n\r\nGET /health HTTP/1.1\r\nHost: t\r\n\r\n")}) {
    Client client = front.client();
    client.send(request + body);
    expect_refused(client, 411);
  }
}

TEST(HostileClient, CannotSmuggleARequestInABody) {
  RunningFront front;
  const std::string inner = "GET /health HTTP/1.1\r\nHost: t\r\n\r\n";
  const std::string length = "Content-Length: " + std::to_string(inner.size()) + "\r\n";
  struct Case {
    std::string head;
    int status;
  };
  for (const Case& c : {
           Case{"PUT /health HTTP/1.1\r\nHost: t\r\n" + length, 405},
           Case{"POST /health HTTP/1.1\r\nHost: t\r\nContent-Length: 4000\r\n", 405},
           Case{"GET /health HTTP/1.1\r\nHost: t\r\n" + length, 400},
           Case{"POST /reload HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n" + length, 400},
           Case{"POST /reload HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n" + length, 400},
           Case{"POST /reload HTTP/1.1\r\nHost: t\r\nTransfer-Encoding : chunked\r\n", 400},
       }) {
    Client client = front.client();
    client.send(c.head + "\r\n" + inner);
    expect_refused(client, c.status);
  }
}

TEST(HostileClient, CannotPostMoreThanALittle) {
  RunningFront front;
  Client client = front.client();
  client.send("POST /nothing HTTP/1.1\r\nHost: t\r\nContent-Length: 500000000\r\n\r\n");
  expect_refused(client, 413);
}

TEST(HostileClient, CannotForgeAHeaderByEncodingIt) {
  RunningFront front;
  Client client = front.client();
  client.get("/echo", "Accept: a%0d%0aX-Evil: b%2B\r\nREMOTE_ADDR: 6.6.6.6\r\n");
  const Response response = client.response();
  EXPECT_THAT(response.body, StartsWith("||a%0d%0aX-Evil: b%2B||127.0.0.1:"));
  EXPECT_THAT(response.head, Not(HasSubstr("Evil")));
  client.get("/echo/%0d%0aX-Evil:%20b");
  expect_refused(client, 400);
}

TEST(HostileClient, GetsNoCompressionThatNoHandlerChose) {
  RunningFront front;
  Client client = front.client();
  client.get("/big", "Accept-Encoding: br, gzip;q=0, zebra\r\n");
  const Response response = client.response();
  EXPECT_EQ(response.header("Content-Encoding"), "");
  EXPECT_EQ(response.body.size(), std::size_t{20} << 20);
}

TEST(HostileClient, MustSendAHost) {
  RunningFront front;
  Client client = front.client();
  client.send("GET /health HTTP/1.1\r\n\r\n");
  expect_refused(client, 400);
}

TEST(HostileClient, LearnsThatThisIsNotTls) {
  RunningFront front;
  Client client = front.client();
  client.send(std::string("\x16\x03\x01\x02\x00\x01\x00", 7));
  expect_refused(client, 400);
}

// The rest of a refused request is still on its way when we have answered. Closing at once would
// reset the connection, and could destroy the answer before the client has read it.
TEST(HostileClient, ReadsWhyItWasRefused) {
  RunningFront front;
  for (int i = 0; i < 20; ++i) {
    Client client = front.client();
    EXPECT_TRUE(client.send("nonsense\r\n" + std::string(100'000, 'x')));
    client.end_sending();
    ASSERT_EQ(client.response().status, 400) << i;
    EXPECT_EQ(client.rest(), "");
    EXPECT_FALSE(client.was_reset());
  }
}

TEST(HostileClient, MayGoAtAnyMoment) {
  RunningFront front;
  for (int i = 0; i < 30; ++i) {
    Client early = front.client();
    early.send("GET /hea");
    early.reset();
    Client late = front.client({.receive_buffer_bytes = 4096});
    late.get("/big");
    EXPECT_GT(late.read_some(100), 0U);
    i % 2 == 0 ? late.reset() : late.close();
  }
  front.wait_for_connections(0);
  EXPECT_EQ(front.world().big.use_count(), 1);
  EXPECT_EQ(front.ask("/health").status, 200);
}

}  // namespace
}  // namespace http
