// Real sockets in a directory: which of them are targets, and for how long.
#include "discovery/unix_sockets.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstring>
#include <filesystem>
#include <map>

#include "base/address.h"
#include "base/unique_fd.h"
#include "support/temp_dir.h"

namespace discovery {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class UnixSocketsTest : public testing::Test {
 protected:
  void bind(const std::string& name, int type = SOCK_STREAM) {
    const std::string path = folder_.file(name);
    const auto address = base::socket_address(*base::parse_address(path));
    base::UniqueFd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(fd.get(), address->get(), address->size), 0) << std::strerror(errno);
    if (type != SOCK_DGRAM) {
      ASSERT_EQ(::listen(fd.get(), 1), 0);
    }
    bound_[name] = std::move(fd);
  }

  // "NAME PATH" and "+ STATUS_PATH", the folder left out.
  std::vector<std::string> find(base::Duration at) {
    config::Config config = config::default_config();
    config.discovery.unix_sockets = {rule_};
    config.targets = targets_;
    found_ = sockets_.find(config, base::TimePoint(at));
    std::vector<std::string> texts;
    for (const Candidate& each : found_.candidates) {
      texts.push_back(each.target.name + " " +
                      fs::path(each.target.address.path).filename().string());
      if (each.target.status_address) {
        texts.back() += " + " + fs::path(each.target.status_address->path).filename().string();
      }
    }
    return texts;
  }

  const support::TempDir folder_;
  config::UnixSockets rule_ = {.glob = folder_.file("*.sock"), .labels = {}};
  std::map<std::string, base::UniqueFd> bound_;
  std::vector<config::Target> targets_;  // as a file names them
  UnixSockets sockets_;
  Finding found_;
};

TEST_F(UnixSocketsTest, AStreamSocketThatIsBoundIsATargetAndNobodyConnectsToIt) {
  bind("php8.2-fpm.sock");
  bind("log.sock", SOCK_DGRAM);
  bind("stale.sock");
  bound_.erase("stale.sock");
  folder_.write("file.sock", "");
  fs::create_symlink("php8.2-fpm.sock", folder_.path() / "php-fpm.sock");
  EXPECT_THAT(find(0s), ElementsAre("php8.2-fpm.sock php8.2-fpm.sock"));
  EXPECT_THAT(found_.warnings, ElementsAre(HasSubstr("stale.sock: nobody listens")));
  pollfd connection{.fd = bound_["php8.2-fpm.sock"].get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&connection, 1, 0), 0);
  bind("late.sock");
  EXPECT_THAT(find(1s), ElementsAre("late.sock late.sock", "php8.2-fpm.sock php8.2-fpm.sock"));
}

TEST_F(UnixSocketsTest, AStatusSocketBelongsToItsPool) {
  bind("a.sock");
  bind("a-status.sock");
  bind("b-status.sock");
  EXPECT_THAT(find(0s), ElementsAre("a.sock a.sock + a-status.sock"));
  EXPECT_THAT(found_.warnings,
              ElementsAre(AllOf(HasSubstr("b-status.sock: is left out as the status address of"),
                                HasSubstr("/b.sock, which is no target; rename the socket if"))));
}

// Of a pool that listens elsewhere, or with `pm.status_listen` beside a pool on tcp.
TEST_F(UnixSocketsTest, AStatusSocketOfATargetInTheFileIsNoProblem) {
  bind("b-status.sock");
  config::Target target;
  target.name = "b";
  target.address = *base::parse_address("127.0.0.1:9000");
  target.status_address = *base::parse_address(folder_.file("b-status.sock"));
  targets_ = {target};
  EXPECT_THAT(find(0s), IsEmpty());
  EXPECT_THAT(found_.warnings, IsEmpty());
}

// As where somebody writes it down: it could be shown nowhere, and no file could say it.
TEST_F(UnixSocketsTest, ASocketWithAControlCharacterInItsNameIsNoTarget) {
  const base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const base::Address address{.transport = base::Transport::unix_socket,
                              .host = {},
                              .port = 0,
                              .path = folder_.file("a\x1b[31m.sock")};
  const auto name = base::socket_address(address);
  ASSERT_EQ(::bind(fd.get(), name->get(), name->size), 0) << std::strerror(errno);
  ASSERT_EQ(::listen(fd.get(), 1), 0);
  EXPECT_THAT(find(0s), IsEmpty());
  EXPECT_THAT(found_.warnings, ElementsAre(HasSubstr("holds a NUL byte, a control character")));
}

TEST_F(UnixSocketsTest, ASocketThatDiedStaysWhileItsFileIsThereAndForTheGraceAfterThat) {
  bind("a.sock");
  EXPECT_THAT(find(0s), ElementsAre("a.sock a.sock"));
  bound_.clear();
  EXPECT_THAT(find(24h), ElementsAre("a.sock a.sock"));
  EXPECT_THAT(found_.warnings, IsEmpty());
  fs::remove(folder_.path() / "a.sock");
  EXPECT_THAT(find(24h + 5min - 1ns), ElementsAre("a.sock a.sock"));
  EXPECT_THAT(find(24h + 5min), IsEmpty());
  rule_.grace = 0s;
  bind("a.sock");
  EXPECT_THAT(find(25h), ElementsAre("a.sock a.sock"));
  fs::remove(folder_.path() / "a.sock");
  EXPECT_THAT(find(25h), ElementsAre("a.sock a.sock")) << "the time it was seen at";
  EXPECT_THAT(find(25h + 1ns), IsEmpty());
}

// One too many that sorts before them put them all out, one grace later.
TEST_F(UnixSocketsTest, MoreThanAreWatchedTakeNobodysPlace) {
  bind("b.sock");
  for (std::size_t i = 1; i < kMaxSockets; ++i) {
    fs::create_hard_link(folder_.path() / "b.sock",
                         folder_.file("c" + std::to_string(i) + ".sock"));
  }
  EXPECT_THAT(find(0s), testing::SizeIs(kMaxSockets));
  EXPECT_THAT(found_.warnings, IsEmpty());
  fs::create_hard_link(folder_.path() / "b.sock", folder_.path() / "a.sock");
  fs::create_hard_link(folder_.path() / "b.sock", folder_.path() / "a2.sock");
  find(24h);
  const auto found = find(25h);
  EXPECT_EQ(found.size(), kMaxSockets);
  EXPECT_EQ(found.front(), "b.sock b.sock");
  EXPECT_THAT(found_.warnings, ElementsAre(HasSubstr("more than 4096 sockets; the rest")));
}

TEST_F(UnixSocketsTest, WithWildcardsInTheDirectoryTheNameIsTheWholePath) {
  fs::create_directory(folder_.path() / "shop");
  bind("shop/php.sock");
  rule_.glob = folder_.file("*/php.sock");
  const auto found = find(0s);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0], HasSubstr("-shop-php.sock php.sock"));
}

}  // namespace
}  // namespace discovery
