#include "support/scripted_responder.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <string>

#include "support/fastcgi_bytes.h"

namespace support {
namespace {

// Literal bytes: BEGIN_REQUEST (responder), empty PARAMS, empty STDIN; the id is the fourth byte.
const std::string kRequest(
    "\1\1\0\7\0\10\0\0\0\1\0\0\0\0\0\0"
    "\1\4\0\7\0\0\0\0"
    "\1\5\0\7\0\0\0\0",
    32);
const std::string kPong(
    "\1\6\0\7\0\56\0\0"
    "Content-type: text/plain;charset=UTF-8\r\n\r\npong"
    "\1\6\0\7\0\0\0\0"
    "\1\3\0\7\0\10\0\0\0\0\0\0\0\0\0\0",
    78);

// A plain blocking client. A read that takes longer than any healthy machine needs fails.
class Client {
 public:
  explicit Client(const base::Address& address) {
    const base::SocketAddress to = *base::socket_address(address);
    fd_ = base::UniqueFd(socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience = {.tv_sec = 30, .tv_usec = 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    error_ = connect(fd_.get(), to.get(), to.size) == 0 ? 0 : errno;
  }

  int connect_error() const { return error_; }
  void send(const std::string& bytes) const {
    EXPECT_EQ(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  std::string read(std::size_t size) const {
    std::string bytes(size, '\0');
    const ssize_t got = recv(fd_.get(), bytes.data(), size, MSG_WAITALL);
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return bytes;
  }
  // 0 at the end of the stream, else errno.
  int read_end() const {
    char byte = 0;
    const ssize_t got = recv(fd_.get(), &byte, 1, 0);
    return got == 0 ? 0 : (got < 0 ? errno : -1);
  }
  void close() { fd_.reset(); }

 private:
  base::UniqueFd fd_;
  int error_ = 0;
};

class RespondsAt : public testing::TestWithParam<Where> {};

TEST_P(RespondsAt, AnswersTheRequestWithItsId) {
  const ScriptedResponder responder(GetParam(), {{step::read_request(), step::answer_pong()}});
  for (std::size_t i = 1; i <= 3; ++i) {
    const Client client(responder.address());
    client.send(kRequest);
    EXPECT_EQ(client.read(kPong.size()), kPong);
    EXPECT_EQ(client.read_end(), 0);
    EXPECT_TRUE(responder.wait_for([i](const Counts& c) { return c.finished == i; }));
  }
  EXPECT_EQ(responder.counts().accepted, 3U);
  EXPECT_EQ(responder.requests(), std::vector<std::string>(3, kRequest));
  EXPECT_EQ(responder.counts().closed_by_peer, 0U);
}

INSTANTIATE_TEST_SUITE_P(Everywhere, RespondsAt,
                         testing::Values(Where::tcp, Where::tcp6, Where::unix_path,
                                         Where::abstract_name));

TEST(ScriptedResponder, PlaysAScriptForEachConnectionAndRepeatsTheLast) {
  const ScriptedResponder responder(Where::unix_path, {{step::send("one")}, {step::send("two")}});
  EXPECT_EQ(Client(responder.address()).read(3), "one");
  EXPECT_EQ(Client(responder.address()).read(3), "two");
  EXPECT_EQ(Client(responder.address()).read(3), "two");
}

TEST(ScriptedResponder, WaitsForTheSignalOfTheTest) {
  ScriptedResponder responder(Where::tcp,
                              {{step::read_request(), step::wait_for_signal(), step::send("now")}});
  const Client client(responder.address());
  client.send(kRequest);
  ASSERT_TRUE(responder.wait_for([](const Counts& c) { return c.requests == 1; }));
  EXPECT_EQ(responder.counts().finished, 0U);
  responder.signal();
  EXPECT_EQ(client.read(3), "now");
}

TEST(ScriptedResponder, ReadsARequestThatComesInPieces) {
  const ScriptedResponder responder(Where::tcp, {{step::read_request(), step::send("all")}});
  const Client client(responder.address());
  for (const char byte : kRequest) client.send(std::string(1, byte));
  EXPECT_EQ(client.read(3), "all");
  EXPECT_EQ(responder.requests(), std::vector<std::string>{kRequest});
}

TEST(ScriptedResponder, NoticesThatThePeerCloses) {
  for (const Step& step : {step::read_request(), step::wait_for_close(), step::wait_for_signal(),
                           step::silent(), step::send_forever("x")}) {
    for (const Where where : {Where::tcp, Where::unix_path}) {
      const ScriptedResponder responder(where, {{step}});
      Client client(responder.address());
      ASSERT_TRUE(responder.wait_for([](const Counts& c) { return c.accepted == 1; }));
      client.close();
      EXPECT_TRUE(responder.wait_for([](const Counts& c) { return c.closed_by_peer == 1; }));
      EXPECT_TRUE(responder.wait_for([](const Counts& c) { return c.finished == 1; }));
    }
  }
}

TEST(ScriptedResponder, DripsByteByByte) {
  const ScriptedResponder responder(Where::tcp,
                                    {{step::drip("drip", std::chrono::milliseconds(1))}});
  const Client client(responder.address());
  EXPECT_EQ(client.read(4), "drip");
  EXPECT_EQ(client.read_end(), 0);
}

TEST(ScriptedResponder, ServesManyAtOnce) {
  const ScriptedResponder responder(
      Where::tcp, {{step::silent()}, {step::send_forever("y")}, {step::send("z")}});
  const Client silent(responder.address());
  const Client endless(responder.address());
  EXPECT_EQ(endless.read(10'000), std::string(10'000, 'y'));
  EXPECT_EQ(Client(responder.address()).read(1), "z");
}

TEST(ScriptedResponder, ResetsTheConnection) {
  const ScriptedResponder responder(Where::tcp, {{step::read_request(), step::reset()}});
  const Client client(responder.address());
  client.send(kRequest);
  EXPECT_EQ(client.read_end(), ECONNRESET);
}

TEST(ScriptedResponder, MayRefuse) {
  for (const Where where : {Where::tcp, Where::tcp6, Where::unix_path, Where::abstract_name}) {
    const ScriptedResponder responder(where, {{}}, {.listens = false});
    EXPECT_EQ(Client(responder.address()).connect_error(), ECONNREFUSED);
  }
}

TEST(ScriptedResponder, MayLeaveConnectionsInTheQueue) {
  ScriptedResponder responder(Where::unix_path, {{step::send("late")}}, {.accepts = false});
  const Client client(responder.address());
  EXPECT_EQ(client.connect_error(), 0);
  EXPECT_EQ(responder.counts().accepted, 0U);
  responder.start_accepting();
  EXPECT_EQ(client.read(4), "late");
}

TEST(ScriptedResponder, ComesBackAtTheSameAddress) {
  base::Address address;
  {
    const ScriptedResponder first(Where::tcp, {{step::send("1")}});
    address = first.address();
    EXPECT_EQ(Client(address).read(1), "1");
  }
  EXPECT_EQ(Client(address).connect_error(), ECONNREFUSED);
  const ScriptedResponder second(address, {{step::send("2")}});
  EXPECT_EQ(second.address(), address);
  EXPECT_EQ(Client(address).read(1), "2");
}

TEST(FastcgiBytes, FollowTheSpecification) {
  EXPECT_EQ(stdout_record("ab", {.request_id = 258, .padding = 3}),
            std::string("\1\6\1\2\0\2\3\0ab\0\0\0", 13));
  EXPECT_EQ(stderr_record("e"), std::string("\1\7\0\1\0\1\0\0e", 9));
  EXPECT_EQ(end_request({.app_status = 0x01020304, .protocol_status = kOverloaded}),
            std::string("\1\3\0\1\0\10\0\0\1\2\3\4\2\0\0\0", 16));
  EXPECT_EQ(pong_answer({.request_id = 7}), kPong);
}

}  // namespace
}  // namespace support
