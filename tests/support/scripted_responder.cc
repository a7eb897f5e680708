#include "support/scripted_responder.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace support {
namespace {

void check(bool succeeded, const char* what) {
  if (!succeeded) throw std::system_error(errno, std::generic_category(), what);
}

base::Address tcp(const char* host) {
  return {.transport = base::Transport::tcp, .host = host};
}

base::Address unix_socket(std::string path) {
  return {.transport = base::Transport::unix_socket, .path = std::move(path)};
}

std::string fresh_abstract_name() {
  static std::atomic<unsigned> count = 0;
  return "@fastcgi_test." + std::to_string(getpid()) + "." + std::to_string(++count);
}

base::Address address_for(Where where, std::optional<TempDir>& directory) {
  switch (where) {
    case Where::tcp:
      return tcp("127.0.0.1");
    case Where::tcp6:
      return tcp("::1");
    case Where::unix_path:
      return unix_socket(directory.emplace().file("responder.sock"));
    case Where::abstract_name:
      return unix_socket(fresh_abstract_name());
  }
  return {};
}

std::uint16_t bound_port(int fd) {
  sockaddr_in6 bound{};  // the port of sockaddr_in stands at the same place
  socklen_t size = sizeof(bound);
  check(getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) == 0, "getsockname");
  return ntohs(bound.sin6_port);
}

}  // namespace

ScriptedResponder::ScriptedResponder(Where where, std::vector<Script> scripts, Listening listening)
    : scripts_(std::move(scripts)),
      listening_(listening),
      is_accepting_(listening.listens && listening.accepts) {
  listen_at(address_for(where, directory_));
}

ScriptedResponder::ScriptedResponder(const base::Address& address, std::vector<Script> scripts,
                                     Listening listening)
    : scripts_(std::move(scripts)),
      listening_(listening),
      is_accepting_(listening.listens && listening.accepts) {
  listen_at(address);
}

ScriptedResponder::~ScriptedResponder() {
  is_stopping_ = true;
  wake();
  thread_.join();
}

void ScriptedResponder::listen_at(const base::Address& wanted) {
  const auto bind_to = base::socket_address(wanted);
  if (!bind_to || scripts_.empty()) throw std::invalid_argument("wants an address and a script");
  listener_ =
      base::UniqueFd(socket(bind_to->family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  wakeup_ = base::UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  check(listener_.is_open() && wakeup_.is_open(), "socket");
  const int yes = 1;
  setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  check(bind(listener_.get(), bind_to->get(), bind_to->size) == 0, "bind");
  if (listening_.listens) check(listen(listener_.get(), listening_.backlog) == 0, "listen");
  address_ = wanted;
  if (wanted.transport == base::Transport::tcp) address_.port = bound_port(listener_.get());
  thread_ = std::thread([this] { run(); });
}

void ScriptedResponder::run() {
  while (!is_stopping_) {
    accept_all();
    play_all();
    wait_for_events();
  }
}

void ScriptedResponder::accept_all() {
  while (is_accepting_) {
    base::UniqueFd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd.is_open()) return;
    const int yes = 1;
    if (address_.transport == base::Transport::tcp) {
      setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    }
    const Script& script = scripts_[std::min(accepted_++, scripts_.size() - 1)];
    logbook_.count(&Counts::accepted);
    connections_.push_back(std::make_unique<ScriptedConnection>(std::move(fd), script, logbook_));
  }
}

void ScriptedResponder::play_all() {
  const base::TimePoint now = base::Clock::now();
  std::erase_if(connections_, [now](const auto& connection) { return !connection->play(now); });
}

void ScriptedResponder::wait_for_events() {
  std::vector<pollfd> fds = {{.fd = wakeup_.get(), .events = POLLIN, .revents = 0}};
  if (is_accepting_) fds.push_back({.fd = listener_.get(), .events = POLLIN, .revents = 0});
  std::optional<base::TimePoint> due;
  for (const auto& connection : connections_) {
    fds.push_back(connection->wanted());
    if (connection->due() && (!due || *connection->due() < *due)) due = connection->due();
  }
  int timeout = -1;
  if (due) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(*due - base::Clock::now()).count();
    timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
  }
  poll(fds.data(), fds.size(), timeout);
  std::uint64_t wakes = 0;
  [[maybe_unused]] const ssize_t got = read(wakeup_.get(), &wakes, sizeof(wakes));
}

void ScriptedResponder::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t put = write(wakeup_.get(), &one, sizeof(one));
}

void ScriptedResponder::signal() {
  logbook_.add_signal();
  wake();
}

void ScriptedResponder::start_accepting() {
  is_accepting_ = true;
  wake();
}

}  // namespace support
