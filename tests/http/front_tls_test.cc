// The front with TLS: what a plain client gets an answer to, a TLS client gets too, and who stalls
// or floods handshakes gets in nobody's way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>

#include "running_front.h"
#include "tls_peer.h"

namespace http {
namespace {

using testing::HasSubstr;

const Identity& server() {
  static const Identity identity = make_identity("DNS:localhost,IP:127.0.0.1");
  return identity;
}

FrontOptions tls_options() {
  auto access = std::make_shared<Access>();
  access->tls = made(settings_of(server()));
  FrontOptions options;
  options.access = access;
  return options;
}

// The first bytes of a ClientHello whose rest never comes.
constexpr std::string_view kHalfHello{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11};

Response ask_over_tls(const RunningFront& front, std::string_view path) {
  TlsClient client(front.address());
  if (!client.shake_hands()) return {};
  client.get(path, "Connection: close\r\n");
  return client.response();
}

TEST(FrontTls, AnswersRequestAfterRequest) {
  RunningFront front(tls_options());
  TlsClient client(front.address());
  ASSERT_TRUE(client.shake_hands());
  for (const char* path : {"/health", "/page", "/echo/x?y"}) {
    client.get(path);
    EXPECT_EQ(client.response().status, 200) << path;
  }
  client.get("/nowhere");
  EXPECT_EQ(client.response().status, 404);
}

TEST(FrontTls, AnswersWhatWasSentAhead) {
  RunningFront front(tls_options());
  TlsClient client(front.address());
  ASSERT_TRUE(client.shake_hands());
  std::string requests;
  for (int i = 0; i < 20; ++i) {
    requests += "GET /echo/" + std::to_string(i) + " HTTP/1.1\r\nHost: t\r\n\r\n";
  }
  client.send(requests);
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(client.response().body, testing::StartsWith(std::to_string(i) + "|"));
  }
}

TEST(FrontTls, SendsALargeBodyWholeAndEndsItProperly) {
  RunningFront front(tls_options());
  TlsClient client(front.address());
  ASSERT_TRUE(client.shake_hands());
  client.get("/big", "Connection: close\r\n");
  const Response response = client.response();
  EXPECT_EQ(response.body, std::string(std::size_t{20} << 20, 'x'));
  EXPECT_TRUE(client.was_ended());
}

TEST(FrontTls, TellsAPlainClientWhatItIs) {
  RunningFront front(tls_options());
  const Response response = front.ask("/health");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("HTTP request to an HTTPS server"));
  Client binary = front.client();
  binary.send("\x01\x02\x03");
  EXPECT_EQ(binary.rest(), "");
}

TEST(FrontTls, ReadsAHandshakeByteByByte) {
  RunningFront front(tls_options());
  Client slow = front.client();
  for (const char c : kHalfHello) slow.send({&c, 1});
  EXPECT_EQ(ask_over_tls(front, "/health").status, 200);
  slow.reset();
  front.wait_for_connections(0);
}

TEST(FrontTls, RefusesGarbageThatBeginsLikeTls) {
  RunningFront front(tls_options());
  Client client = front.client();
  client.send(std::string("\x16\x03\x01\x00\x04nope", 9));
  EXPECT_THAT(client.rest(), testing::StartsWith("\x15")) << "an alert";
  EXPECT_EQ(front.front().failed_handshakes(), 1U);
}

TEST(FrontTls, EndsTheOldestUnfinishedHandshakeForANewOne) {
  FrontOptions options = tls_options();
  options.max_handshakes = 8;
  options.handshake_deadline = std::chrono::minutes(5);  // only the newer ones may end one
  RunningFront front(std::move(options));
  std::deque<Client> stalled;
  for (int i = 0; i < 20; ++i) {
    stalled.push_back(front.client());
    stalled.back().send(kHalfHello);
    wait_until([&] { return front.front().evicted() + 8 >= static_cast<std::uint64_t>(i + 1); });
  }
  EXPECT_EQ(ask_over_tls(front, "/health").status, 200);
  const auto ended = [&](std::size_t begin, std::size_t end) {
    return std::count_if(stalled.begin() + static_cast<std::ptrdiff_t>(begin),
                         stalled.begin() + static_cast<std::ptrdiff_t>(end),
                         [](const Client& client) { return client.has_something(); });
  };
  wait_until([&] { return ended(0, 20) >= 12; });
  // Who waits for our pool is spared, so that one who came a little later may go instead.
  EXPECT_GT(ended(0, 12), 6);
  EXPECT_FALSE(stalled.back().has_something());
}

TEST(FrontTls, EndsAHandshakeThatTakesTooLong) {
  FrontOptions options = tls_options();
  options.handshake_deadline = std::chrono::milliseconds(50);
  RunningFront front(std::move(options));
  Client stalled = front.client();
  stalled.send(kHalfHello);
  EXPECT_TRUE(stalled.is_closed());
}

TEST(FrontTls, EndsTheLongestIdleConnectionWhenTlsRunsShort) {
  FrontOptions options = tls_options();
  options.max_tls_connections = 2;
  RunningFront front(std::move(options));
  TlsClient first(front.address());
  ASSERT_TRUE(first.shake_hands());
  first.get("/health");
  ASSERT_EQ(first.response().status, 200);
  TlsClient second(front.address());
  ASSERT_TRUE(second.shake_hands());
  second.get("/health");
  ASSERT_EQ(second.response().status, 200);
  EXPECT_EQ(ask_over_tls(front, "/health").status, 200);
  EXPECT_EQ(first.response().status, 0) << "still there";
  EXPECT_EQ(front.front().evicted(), 1U);
}

// Hundreds that stall, and one after the other that breaks off while the pool is at work on it.
TEST(FrontTls, AnswersHealthWhileHandshakesStallAndBreakOff) {
  FrontOptions options = tls_options();
  options.handshake_deadline = std::chrono::minutes(1);  // sanitizers make the pool slow
  RunningFront front(std::move(options));
  TlsClient kept(front.address());
  ASSERT_TRUE(kept.shake_hands());
  kept.get("/health");
  ASSERT_EQ(kept.response().status, 200);  // the front has seen the end of the handshake, too
  std::deque<Client> stalled;
  for (int i = 0; i < 300; ++i) {
    stalled.push_back(front.client());
    stalled.back().send(kHalfHello);
  }
  for (int i = 0; i < 50; ++i) {
    Client early = front.client();
    early.send(kHalfHello);
    early.reset();
    kept.get("/health");
    ASSERT_EQ(kept.response().status, 200) << i;
  }
  EXPECT_EQ(ask_over_tls(front, "/health").status, 200);
}

TEST(FrontTls, TakesANewCertificateForNewConnectionsOnly) {
  RunningFront front(tls_options());
  TlsClient before(front.address());
  ASSERT_TRUE(before.shake_hands());
  const Identity next = make_identity("DNS:next");
  auto access = std::make_shared<Access>();
  access->tls = made(settings_of(next));
  front.front().replace(access);
  wait_until([&] {
    TlsClient after(front.address());
    return after.shake_hands() && after.certificate_pem() == next.certificate_pem;
  });
  before.get("/health");
  EXPECT_EQ(before.response().status, 200);
}

TEST(FrontTls, StopsWithHandshakesUnderWay) {
  RunningFront front(tls_options());
  std::deque<Client> stalled;
  for (int i = 0; i < 20; ++i) {
    stalled.push_back(front.client());
    stalled.back().send(kHalfHello);
  }
  front.destroy();
  for (Client& client : stalled) EXPECT_TRUE(client.is_closed());
}

}  // namespace
}  // namespace http
