#include "http/listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

namespace http {
namespace {

constexpr int kBacklog = 1024;
// Without a limit the kernel lets each buffer grow to 4 MiB, and a client that stops reading holds
// it.
constexpr int kSendBufferBytes = 256 << 10;
// Of it, what may wait unsent: more only lets 200 slow readers of a large page hold 95 MB of kernel
// memory, which counts against a container's limit.
constexpr int kUnsentBytes = 32 << 10;
constexpr mode_t kSocketMode = 0666;
constexpr int kSocketFlags = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

[[noreturn]] void fail(int error, const base::Address& address, const std::string& advice = "") {
  throw std::system_error(error, std::generic_category(),
                          "cannot listen on " + address.text() + advice);
}

// At the start, before anything is served: the only place that may wait for a name server.
base::SocketAddress look_up(const base::Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(address.host.c_str(), nullptr, &hints, &found);
  if (error != 0) {
    throw std::system_error(EADDRNOTAVAIL, std::generic_category(),
                            "cannot listen on " + address.text() + ": " + gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, freeaddrinfo);
  const addrinfo* chosen = all.get();
  // "localhost" has two addresses; people and the other exporters mean the IPv4 one.
  for (const addrinfo* each = all.get(); each != nullptr; each = each->ai_next) {
    if (each->ai_family == AF_INET && chosen->ai_family != AF_INET) chosen = each;
  }
  if (chosen->ai_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(chosen->ai_addr);
    return base::socket_address(AF_INET, &v4->sin_addr, address.port);
  }
  base::SocketAddress result;
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&result.storage);
  *v6 = *reinterpret_cast<const sockaddr_in6*>(chosen->ai_addr);
  v6->sin6_port = htons(address.port);
  result.size = sizeof(*v6);
  return result;
}

void set_option(int fd, int level, int option, int value) {
  // None of these can fail on a fresh socket, and none is worth not starting for.
  setsockopt(fd, level, option, &value, sizeof value);
}

// Accepted sockets inherit them. Without TCP_NODELAY answers on kept connections wait 44 ms for an
// ACK.
void set_tcp_options(int fd) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_SNDBUF, kSendBufferBytes);
  set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsentBytes);
}

base::UniqueFd open_tcp(base::SocketAddress& where, const base::Address& address) {
  base::UniqueFd fd(::socket(where.family(), kSocketFlags, 0));
  if (!fd.is_open() && errno == EAFNOSUPPORT && address.host.empty()) {
    // "Any address" on a machine without IPv6.
    const in_addr any{};
    where = base::socket_address(AF_INET, &any, address.port);
    fd = base::UniqueFd(::socket(AF_INET, kSocketFlags, 0));
  }
  if (!fd.is_open()) fail(errno, address);
  // Not SO_REUSEPORT: a second exporter would take half of the connections without a word.
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (where.family() == AF_INET6) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
  set_tcp_options(fd.get());
  if (bind(fd.get(), where.get(), where.size) != 0) fail(errno, address);
  return fd;
}

bool is_file(const base::Address& address) {
  return address.transport == base::Transport::unix_socket && !address.path.starts_with('@');
}

// Removes a socket file that refuses connections: whoever made it is gone.
void remove_stale(const base::SocketAddress& where, const base::Address& address) {
  struct stat file {};
  if (lstat(address.path.c_str(), &file) != 0) return;
  if (!S_ISSOCK(file.st_mode)) fail(EADDRINUSE, address, ", where a file is that is no socket");
  const base::UniqueFd probe(::socket(AF_UNIX, kSocketFlags, 0));
  if (!probe.is_open()) fail(errno, address);
  const bool refused = connect(probe.get(), where.get(), where.size) != 0 && errno == ECONNREFUSED;
  if (!refused) fail(EADDRINUSE, address, ", where another process answers");
  unlink(address.path.c_str());
}

base::UniqueFd open_unix(const base::SocketAddress& where, const base::Address& address) {
  base::UniqueFd fd(::socket(AF_UNIX, kSocketFlags, 0));
  if (!fd.is_open()) fail(errno, address);
  if (bind(fd.get(), where.get(), where.size) == 0) return fd;
  if (errno != EADDRINUSE || !is_file(address)) fail(errno, address);
  remove_stale(where, address);
  if (bind(fd.get(), where.get(), where.size) != 0) fail(errno, address);
  return fd;
}

std::uint16_t bound_port(int fd) {
  base::SocketAddress address;
  address.size = sizeof(address.storage);
  auto* raw = reinterpret_cast<sockaddr*>(&address.storage);
  if (getsockname(fd, raw, &address.size) != 0) return 0;
  // The port is at the same place for both families.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port);
}

// Of a socket that somebody else has bound.
base::Address bound_address(int fd, const std::string& name) {
  base::SocketAddress where;
  where.size = sizeof(where.storage);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&where.storage), &where.size) == 0) {
    const auto address = base::parse_listen_address(
        where.family() == AF_UNIX ? "unix:" + base::text(where) : base::text(where));
    if (address) return *address;
  }
  throw std::system_error(EAFNOSUPPORT, std::generic_category(),
                          name + " is neither a tcp nor a unix socket");
}

}  // namespace

Listener::Listener(const base::Address& address) : bound_(address) {
  auto where = base::socket_address(address);
  if (!where && address.transport == base::Transport::unix_socket) fail(ENAMETOOLONG, address);
  if (!where) where = look_up(address);
  if (address.transport == base::Transport::tcp) {
    fd_ = open_tcp(*where, address);
    bound_.port = bound_port(fd_.get());
  } else {
    fd_ = open_unix(*where, address);
  }
  struct stat file {};
  if (is_file(address) && lstat(address.path.c_str(), &file) == 0) {
    device_ = file.st_dev;
    inode_ = file.st_ino;
    chmod(address.path.c_str(), kSocketMode);
  }
  if (listen(fd_.get(), kBacklog) != 0) {
    const int error = errno;
    if (inode_ != 0) unlink(address.path.c_str());
    fail(error, address);
  }
}

Listener::Listener(base::UniqueFd listening) : fd_(std::move(listening)) {
  const std::string name = "descriptor " + std::to_string(fd_.get());
  int type = 0, listens = 0;
  socklen_t size = sizeof type;
  if (getsockopt(fd_.get(), SOL_SOCKET, SO_TYPE, &type, &size) != 0 ||
      getsockopt(fd_.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 ||
      type != SOCK_STREAM || listens == 0) {
    throw std::system_error(ENOTSOCK, std::generic_category(),
                            name + " is no stream socket that listens");
  }
  bound_ = bound_address(fd_.get(), name);
  fcntl(fd_.get(), F_SETFD, FD_CLOEXEC);
  fcntl(fd_.get(), F_SETFL, O_NONBLOCK);
  if (bound_.transport == base::Transport::tcp) set_tcp_options(fd_.get());
}

Listener::~Listener() {
  if (!fd_.is_open() || inode_ == 0) return;
  struct stat file {};
  const bool is_ours =
      lstat(bound_.path.c_str(), &file) == 0 && file.st_dev == device_ && file.st_ino == inode_;
  if (is_ours) unlink(bound_.path.c_str());
}

Accepted Listener::accept() const {
  Accepted result;
  result.peer.size = sizeof(result.peer.storage);
  auto* raw = reinterpret_cast<sockaddr*>(&result.peer.storage);
  const int fd = accept4(fd_.get(), raw, &result.peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    result.error = errno;
  } else {
    result.fd = base::UniqueFd(fd);
  }
  return result;
}

bool Listener::has_waiting() const {
  pollfd state{.fd = fd_.get(), .events = POLLIN, .revents = 0};
  return poll(&state, 1, 0) > 0;
}

}  // namespace http
