#include "http/listener.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "raw_client.h"
#include "support/temp_dir.h"

namespace http {
namespace {

using testing::HasSubstr;

base::Address tcp(std::string host, std::uint16_t port = 0) {
  return {.transport = base::Transport::tcp, .host = std::move(host), .port = port, .path = {}};
}

base::Address unix_path(std::string path) {
  return {
      .transport = base::Transport::unix_socket, .host = {}, .port = 0, .path = std::move(path)};
}

Accepted accept_one(const Listener& listener) {
  pollfd ready{.fd = listener.fd(), .events = POLLIN, .revents = 0};
  poll(&ready, 1, 60'000);
  return listener.accept();
}

// What the failure to listen says.
std::string refusal(const base::Address& address) {
  try {
    const Listener listener(address);
  } catch (const std::system_error& error) {
    EXPECT_THAT(error.what(), HasSubstr(address.text()));
    return error.what();
  }
  return "";
}

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  getsockopt(fd, level, name, &value, &size);
  return value;
}

TEST(Listener, AcceptsOnEveryKindOfAddress) {
  const support::TempDir directory;
  const std::string name = "@fastcgi_exporter_test." + std::to_string(getpid());
  for (const base::Address& address :
       {tcp("127.0.0.1"), tcp("::1"), tcp("localhost"), tcp(""), tcp("::"), tcp("0.0.0.0"),
        unix_path(directory.file("a.sock")), unix_path(name)}) {
    const Listener listener(address);
    if (address.transport == base::Transport::tcp) {
      EXPECT_NE(listener.bound().port, 0);
    }
    Client client(listener.bound());
    EXPECT_TRUE(accept_one(listener).fd.is_open()) << address.text();
    EXPECT_EQ(listener.accept().error, EAGAIN);
  }
}

TEST(Listener, TakesBothFamiliesWhenItListensOnAny) {
  const Listener listener(tcp(""));
  Client v4(tcp("127.0.0.1", listener.bound().port));
  EXPECT_TRUE(accept_one(listener).fd.is_open());
  Client v6(tcp("::1", listener.bound().port));
  EXPECT_TRUE(accept_one(listener).fd.is_open());
}

TEST(Listener, PreparesWhatItAcceptsForAnEventLoop) {
  const Listener listener(tcp("127.0.0.1"));
  Client client(listener.bound());
  const Accepted accepted = accept_one(listener);
  ASSERT_TRUE(accepted.fd.is_open());
  EXPECT_TRUE(fcntl(accepted.fd.get(), F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(fcntl(accepted.fd.get(), F_GETFD) & FD_CLOEXEC);
  EXPECT_EQ(option(accepted.fd.get(), IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(option(accepted.fd.get(), SOL_SOCKET, SO_SNDBUF),
            option(listener.fd(), SOL_SOCKET, SO_SNDBUF));
  EXPECT_THAT(base::text(accepted.peer), testing::StartsWith("127.0.0.1:"));
}

TEST(Listener, HasALongBacklog) {
  const Listener listener(tcp("127.0.0.1"));
  tcp_info info{};
  socklen_t size = sizeof info;
  ASSERT_EQ(getsockopt(listener.fd(), IPPROTO_TCP, TCP_INFO, &info, &size), 0);
  std::ifstream file("/proc/sys/net/core/somaxconn");
  unsigned most = 0;
  file >> most;
  EXPECT_EQ(info.tcpi_sacked, std::min(1024U, most));  // of a listener: the length of its queue
}

TEST(Listener, NeverSharesAPort) {
  const Listener first(tcp("127.0.0.1"));
  EXPECT_EQ(option(first.fd(), SOL_SOCKET, SO_REUSEPORT), 0);
  EXPECT_EQ(option(first.fd(), SOL_SOCKET, SO_REUSEADDR), 1);
  EXPECT_THAT(refusal(first.bound()), HasSubstr("already in use"));
}

TEST(Listener, SaysWhyItCannotListen) {
  EXPECT_THAT(refusal(tcp("192.0.2.1", 9253)), HasSubstr("Cannot assign"));
  EXPECT_THAT(refusal(tcp(std::string(64, 'a'))), HasSubstr("cannot listen"));
  EXPECT_THAT(refusal(unix_path("/nonexistent/a.sock")), HasSubstr("No such file"));
  EXPECT_THAT(refusal(unix_path("/" + std::string(200, 'a'))), HasSubstr("too long"));
}

TEST(Listener, OpensItsSocketFileToAllAndRemovesIt) {
  const support::TempDir directory;
  const std::string path = directory.file("a.sock");
  {
    const Listener listener(unix_path(path));
    struct stat file {};
    ASSERT_EQ(stat(path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777U, 0666U);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

// A socket file as a process leaves it that was killed.
void leave_stale(const std::string& path) {
  const auto where = base::socket_address(unix_path(path));
  const base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
  ASSERT_EQ(bind(fd.get(), where->get(), where->size), 0);
}

TEST(Listener, ReplacesTheSocketFileOfADeadProcess) {
  const support::TempDir directory;
  const std::string path = directory.file("a.sock");
  leave_stale(path);
  const Listener listener(unix_path(path));
  Client client(listener.bound());
  EXPECT_TRUE(accept_one(listener).fd.is_open());
}

TEST(Listener, LeavesALiveSocketAlone) {
  const support::TempDir directory;
  const std::string path = directory.file("a.sock");
  const Listener first(unix_path(path));
  EXPECT_THAT(refusal(unix_path(path)), HasSubstr("another process answers"));
  Client client(first.bound());
  EXPECT_TRUE(accept_one(first).fd.is_open());
}

TEST(Listener, LeavesAFileAloneThatIsNoSocket) {
  const support::TempDir directory;
  const std::string path = directory.write("notes.txt", "dear");
  EXPECT_THAT(refusal(unix_path(path)), HasSubstr("no socket"));
  EXPECT_EQ(std::filesystem::file_size(path), 4U);
}

TEST(Listener, RemovesOnlyItsOwnFile) {
  const support::TempDir directory;
  const std::string path = directory.file("a.sock");
  auto first = std::make_unique<Listener>(unix_path(path));
  std::filesystem::remove(path);
  const Listener second(unix_path(path));
  first.reset();
  EXPECT_TRUE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace http
