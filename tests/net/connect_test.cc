// How an exchange comes to its connection, or does not.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "net/drive.h"
#include "net/exchange.h"
#include "support/fastcgi_bytes.h"
#include "support/no_descriptor_left.h"
#include "support/scripted_responder.h"
#include "support/temp_dir.h"

namespace net {
namespace {

using probe::Attempt;
using probe::End;
using probe::Phase;
using std::chrono::milliseconds;
using support::Listening;
using support::Script;
using support::ScriptedResponder;
using support::Where;
namespace step = support::step;

const std::vector<Script> kPong = {{step::read_request(), step::answer_pong()}};
constexpr Listening kRefuses{.listens = false};
constexpr Listening kFull{.accepts = false, .backlog = 0};

base::SocketAddress parsed_socket_address(const base::Address& address) {
  return base::socket_address(address).value();
}

base::SocketAddress parsed_socket_address(const std::string& text) {
  return parsed_socket_address(*base::parse_address(text));
}

void expect_connect_failure(const Attempt& attempt, int error_number) {
  EXPECT_EQ(attempt.end, End::connect_failed);
  EXPECT_EQ(attempt.error_number, error_number) << strerror(attempt.error_number);
  EXPECT_EQ(attempt.reached, Phase::connect);
  EXPECT_EQ(attempt.bytes_received, 0u);
}

// Connections that nobody accepts, until the kernel takes no more.
class Crowd {
 public:
  explicit Crowd(const base::Address& address) {
    const base::SocketAddress to = parsed_socket_address(address);
    for (int i = 0; i < 4; ++i) {
      base::UniqueFd fd(socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      connect(fd.get(), to.get(), to.size);
      members_.push_back(std::move(fd));
    }
  }

 private:
  std::vector<base::UniqueFd> members_;
};

// File access with the rights of nobody. Only this thread's, and only for its lifetime.
class AsNobody {
 public:
  AsNobody() { setfsuid(65'534); }
  ~AsNobody() { setfsuid(geteuid()); }
};

TEST(Connect, NobodyListens) {
  for (const Where where : {Where::tcp, Where::tcp6, Where::unix_path}) {
    ScriptedResponder responder(where, kPong, kRefuses);
    Drive drive(ping_of(responder.address()));
    expect_connect_failure(drive.run(), ECONNREFUSED);
  }
}

TEST(Connect, PathsThatAreNoSocketToUse) {
  support::TempDir directory;
  const std::string plain_file = directory.write("plain", "");
  const struct {
    std::string path;
    int error_number;
  } cases[] = {{directory.file("missing"), ENOENT},
               {plain_file + "/below", ENOTDIR},
               {plain_file, ECONNREFUSED},
               {"@fastcgi-exporter-test-nobody-listens", ECONNREFUSED}};
  for (const auto& [path, error_number] : cases) {
    SCOPED_TRACE(path);
    Drive drive(ping_of({.transport = base::Transport::unix_socket, .host = {}, .path = path}));
    EXPECT_EQ(drive.start(), Exchange::Start::finished);
    expect_connect_failure(drive.finish(), error_number);
  }
}

TEST(Connect, ASocketWeMayNotWriteTo) {
  ScriptedResponder responder(Where::unix_path, kPong);
  ASSERT_EQ(chmod(responder.address().path.c_str(), geteuid() == 0 ? 0600 : 0), 0);
  ASSERT_EQ(chmod(std::string(responder.address().path)
                      .substr(0, responder.address().path.rfind('/'))
                      .c_str(),
                  0755),
            0);
  AsNobody nobody;
  Drive drive(ping_of(responder.address()));
  expect_connect_failure(drive.run(), EACCES);
}

TEST(Connect, AFullUnixBacklogFailsAtOnce) {
  for (const Where where : {Where::unix_path, Where::abstract_name}) {
    ScriptedResponder responder(where, kPong, kFull);
    const Crowd crowd(responder.address());
    Drive drive(ping_of(responder.address()));
    EXPECT_EQ(drive.start(), Exchange::Start::finished);
    expect_connect_failure(drive.finish(), EAGAIN);
  }
}

TEST(Connect, AFullTcpBacklogIsSilentAndTimesOutInConnect) {
  ScriptedResponder responder(Where::tcp, kPong, kFull);
  const Crowd crowd(responder.address());
  Drive drive(ping_of(responder.address()));
  ASSERT_EQ(drive.start(), Exchange::Start::under_way);
  EXPECT_EQ(drive.exchange().interest(), Interest::write);
  drive.turn_while_ready();
  // A pending connect has no error to show: only its end tells.
  EXPECT_FALSE(drive.exchange().advance(drive.loop().now()));
  EXPECT_FALSE(drive.exchange().is_connected());
  const Attempt attempt = drive.exchange().timed_out(drive.loop().now() + milliseconds(500));
  EXPECT_EQ(attempt.end, End::timed_out);
  EXPECT_EQ(attempt.reached, Phase::connect);
  EXPECT_GE(attempt.elapsed, milliseconds(500));
  EXPECT_EQ(attempt.phases[static_cast<std::size_t>(Phase::connect)], attempt.elapsed);
}

TEST(Connect, ADroppedSynIsSentAgainAndThenAnswered) {
  ScriptedResponder responder(Where::tcp, kPong, kFull);
  std::optional<Crowd> crowd(responder.address());
  Drive drive(ping_of(responder.address()));
  ASSERT_EQ(drive.start(), Exchange::Start::under_way);
  drive.turn_while_ready();
  ASSERT_FALSE(drive.exchange().is_connected());
  crowd.reset();
  responder.start_accepting();
  const Attempt attempt = drive.finish();
  EXPECT_EQ(attempt.end, End::answered);
  EXPECT_GT(attempt.phases[static_cast<std::size_t>(Phase::connect)], base::Duration::zero());
}

TEST(Connect, AnAddressThatFailsGivesWayToTheNext) {
  ScriptedResponder refuses(Where::tcp, kPong, kRefuses);
  ScriptedResponder refuses6(Where::tcp6, kPong, kRefuses);
  ScriptedResponder answers(Where::tcp, kPong);
  const auto unroutable = parsed_socket_address("255.255.255.255:9000");
  Drive drive(ping_of(std::vector{parsed_socket_address(refuses6.address()), unroutable,
                                  parsed_socket_address(refuses.address()),
                                  parsed_socket_address(answers.address())}));
  const Attempt attempt = drive.run();
  EXPECT_EQ(attempt.end, End::answered);
  EXPECT_EQ(attempt.address, parsed_socket_address(answers.address()));
}

TEST(Connect, TheLastFailureIsReported) {
  ScriptedResponder refuses(Where::tcp, kPong, kRefuses);
  support::TempDir directory;
  const auto missing = parsed_socket_address("unix:" + directory.file("missing"));
  Drive drive(ping_of(std::vector{parsed_socket_address(refuses.address()), missing}));
  const Attempt attempt = drive.run();
  expect_connect_failure(attempt, ENOENT);
  EXPECT_EQ(base::text(attempt.address), directory.file("missing"));
  Drive other_way(ping_of(std::vector{missing, parsed_socket_address(refuses.address())}));
  expect_connect_failure(other_way.run(), ECONNREFUSED);
}

TEST(Connect, AConnectionThatIsTakenIsNeverTriedElsewhere) {
  ScriptedResponder closes(Where::tcp, {{step::read_request(), step::close()}});
  ScriptedResponder answers(Where::tcp, kPong);
  Drive drive(ping_of(std::vector{parsed_socket_address(closes.address()),
                                  parsed_socket_address(answers.address())}));
  EXPECT_EQ(drive.run().end, End::closed);
  EXPECT_EQ(answers.counts().accepted, 0u);
}

TEST(Connect, WithoutADescriptorThereIsNoVerdict) {
  ScriptedResponder responder(Where::unix_path, kPong);
  Drive drive(ping_of(responder.address()));
  {
    const support::NoDescriptorLeft none;
    EXPECT_EQ(drive.exchange().start(drive.loop().now()), Exchange::Start::no_descriptor);
  }
  EXPECT_TRUE(is_own_shortage(drive.exchange().take_attempt().error_number));
}

TEST(Connect, OnlyWhatWeLackIsOurOwnShortage) {
  for (const int ours : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) EXPECT_TRUE(is_own_shortage(ours));
  for (const int theirs : {0, ECONNREFUSED, EAGAIN, EADDRNOTAVAIL, ENETUNREACH, EAFNOSUPPORT}) {
    EXPECT_FALSE(is_own_shortage(theirs));
  }
}

// connect() prefers local ports of the range's first parity, bind() those of the other.
base::SocketAddress free_port_that_connect_may_take() {
  base::SocketAddress address = parsed_socket_address("127.0.0.1:1");
  auto& port = reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port;
  bool is_free = false;
  while (!is_free) {
    port = 0;
    const base::UniqueFd any(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    bind(any.get(), address.get(), address.size);
    getsockname(any.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.size);
    port = htons(static_cast<std::uint16_t>(ntohs(port) ^ 1U));
    const base::UniqueFd neighbour(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    is_free = bind(neighbour.get(), address.get(), address.size) == 0;
  }
  return address;
}

// connect() walks through the local ports, so that sooner or later it takes the very port that it
// connects to, and we meet ourselves. The bytes that were sent tell that one from the others.
TEST(Connect, MeetingOurselvesIsNobodyListens) {
  constexpr int kMoreThanThereArePorts = 200'000;
  ExchangeRequest request = ping_of(std::vector{free_port_that_connect_may_take()});
  request.kept_bytes = kMaxTranscriptBytes;
  bool met_ourselves = false;
  for (int i = 0; i < kMoreThanThereArePorts && !met_ourselves; ++i) {
    Drive drive(request);
    const Attempt attempt = drive.run();
    met_ourselves = !drive.exchange().sent().empty();
    ASSERT_EQ(attempt.end, End::connect_failed);
    ASSERT_EQ(attempt.error_number, ECONNREFUSED);
    ASSERT_EQ(attempt.reached, Phase::connect);
  }
  EXPECT_TRUE(met_ourselves);
}

}  // namespace
}  // namespace net
