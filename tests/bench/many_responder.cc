// One process that answers as thousands of FastCGI responders: every request with PHP-FPM's pong,
// --delay-ms after it came, so that as many exchanges are open at once as a benchmark wants. The
// first --silent of its sockets take connections and never answer.
//   many_responder [--delay-ms N] [--silent N] unix PREFIX COUNT    listens at PREFIX0.sock ...
//   many_responder [--delay-ms N] [--silent N] tcp                  one free port of 127.0.0.0/8
// Prints "listening PORT" (0: unix) once all sockets listen, and "answered COUNT" for each line on
// its standard input and when that ends, which is the end of it as well.
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/time.h"

namespace {

using std::chrono::milliseconds;
using namespace std::string_view_literals;

constexpr int kBacklog = 511;  // as PHP-FPM's
constexpr int kMaxEvents = 256;
constexpr std::size_t kMaxRequestBytes = 4096;

// STDOUT with the reply, its padding, END_REQUEST; all of request 1.
constexpr std::string_view kReply =
    "\x01\x06\x00\x01\x00\x45\x03\x00"
    "X-Powered-By: PHP/8.2\r\nContent-type: text/plain;charset=UTF-8\r\n\r\npong\x00\x00\x00"
    "\x01\x03\x00\x01\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"sv;
static_assert(kReply.size() == 8 + 0x45 + 3 + 16, "the records' lengths");

struct Settings {
  milliseconds delay{0};
  std::uint64_t silent = 0;
  std::string prefix;  // empty: tcp
  std::uint64_t count = 1;
};

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void allow_many_descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// A request is whole with the empty STDIN record, which our clients send last.
bool is_whole(std::string_view request) {
  return request.ends_with(std::string_view("\x01\x05\x00\x01\x00\x00\x00\x00", 8));
}

class Responder {
 public:
  explicit Responder(Settings settings) : settings_(std::move(settings)) {}

  int listen_everywhere();  // the port, 0 for unix sockets
  void run();               // until standard input ends

 private:
  // What an event is about: the descriptor below, its kind above.
  enum Kind : std::uint64_t { input, answering, silent, unread, held };
  struct Waiting {
    base::TimePoint due;
    int fd;
  };

  void watch(int fd, Kind kind);
  void add_listener(int fd, const sockaddr* address, socklen_t size, std::uint64_t index);
  void on_event(Kind kind, int fd);
  void accept_one(int listener, Kind kind);
  void read_request(int fd, bool is_watched);
  void answer_due();
  void tell() const;
  int wait(std::span<epoll_event> events);

  const Settings settings_;
  const int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  std::deque<Waiting> waiting_;  // the delay is the same for all: in order
  std::uint64_t answered_ = 0;
  bool is_over_ = false;
};

void Responder::watch(int fd, Kind kind) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kind << 32 | static_cast<std::uint64_t>(fd);
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
}

void Responder::add_listener(int fd, const sockaddr* address, socklen_t size, std::uint64_t index) {
  if (fd < 0) fail("socket");
  if (bind(fd, address, size) != 0) fail("bind");
  if (listen(fd, kBacklog) != 0) fail("listen");
  watch(fd, index < settings_.silent ? silent : answering);
}

int Responder::listen_everywhere() {
  constexpr int kType = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  watch(STDIN_FILENO, input);
  if (settings_.prefix.empty()) {
    const int fd = socket(AF_INET, kType, 0);
    sockaddr_in address{};
    address.sin_family =
        AF_INET;  // any address of this machine: 127.x.y.z are as many as one likes
    socklen_t size = sizeof address;
    add_listener(fd, reinterpret_cast<const sockaddr*>(&address), size, 0);
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }
  for (std::uint64_t i = 0; i < settings_.count; ++i) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = settings_.prefix + std::to_string(i) + ".sock";
    if (path.size() >= sizeof address.sun_path) throw std::invalid_argument(path + " is too long");
    path.copy(address.sun_path, path.size());
    unlink(path.c_str());
    add_listener(socket(AF_UNIX, kType, 0), reinterpret_cast<const sockaddr*>(&address),
                 sizeof address, i);
  }
  return 0;
}

void Responder::run() {
  std::array<epoll_event, kMaxEvents> events;
  while (!is_over_) {
    const int count = wait(events);
    for (const epoll_event& event : std::span(events).first(static_cast<std::size_t>(count))) {
      on_event(static_cast<Kind>(event.data.u64 >> 32), static_cast<int>(event.data.u64));
    }
    answer_due();
  }
}

int Responder::wait(std::span<epoll_event> events) {
  timespec timeout{};
  if (!waiting_.empty()) {
    const auto left = std::max(waiting_.front().due - base::Clock::now(), base::Duration::zero());
    timeout.tv_sec = left / std::chrono::seconds(1);
    timeout.tv_nsec = (left % std::chrono::seconds(1)).count();
  }
  const int count = epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()),
                                 waiting_.empty() ? nullptr : &timeout, nullptr);
  if (count < 0 && errno != EINTR) fail("epoll_pwait2");
  return std::max(count, 0);
}

void Responder::on_event(Kind kind, int fd) {
  switch (kind) {
    case input: {
      std::array<char, 64> bytes;
      is_over_ = read(fd, bytes.data(), bytes.size()) <= 0;
      tell();
      break;
    }
    case answering:
    case silent:
      accept_one(fd, kind);
      break;
    case unread:
      read_request(fd, true);
      break;
    case held:  // what it sends is left to lie; it goes when the client does
      std::array<char, kMaxRequestBytes> bytes;
      if (recv(fd, bytes.data(), bytes.size(), 0) <= 0) close(fd);
      break;
  }
}

void Responder::accept_one(int listener, Kind kind) {
  const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  if (kind == silent) return watch(fd, held);
  read_request(fd, false);
}

// As a rule the request is there when the connection is.
void Responder::read_request(int fd, bool is_watched) {
  std::array<char, kMaxRequestBytes> bytes;
  const ssize_t size = recv(fd, bytes.data(), bytes.size(), 0);
  if (size < 0 && errno == EAGAIN && !is_watched) return watch(fd, unread);
  const bool is_asked =
      size > 0 && is_whole(std::string_view(bytes.data(), static_cast<std::size_t>(size)));
  if (!is_asked) {
    close(fd);
    return;
  }
  if (is_watched) epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
  waiting_.push_back({.due = base::Clock::now() + settings_.delay, .fd = fd});
}

void Responder::answer_due() {
  const base::TimePoint now = base::Clock::now();
  while (!waiting_.empty() && waiting_.front().due <= now) {
    const int fd = waiting_.front().fd;
    waiting_.pop_front();
    if (send(fd, kReply.data(), kReply.size(), MSG_NOSIGNAL) > 0) ++answered_;
    close(fd);
  }
}

void Responder::tell() const {
  std::printf("answered %llu\n", static_cast<unsigned long long>(answered_));
  std::fflush(stdout);
}

Settings parse(std::span<char*> arguments) {
  Settings settings;
  std::size_t next = 1;
  const auto number = [&] { return std::strtoull(arguments[next++], nullptr, 10); };
  while (next + 1 < arguments.size() && arguments[next][0] == '-') {
    const std::string_view option = arguments[next++];
    if (option == "--delay-ms") {
      settings.delay = milliseconds(number());
    } else if (option == "--silent") {
      settings.silent = number();
    } else {
      throw std::invalid_argument("unknown option " + std::string(option));
    }
  }
  const bool is_unix = next + 3 == arguments.size() && std::string_view(arguments[next]) == "unix";
  const bool is_tcp = next + 1 == arguments.size() && std::string_view(arguments[next]) == "tcp";
  if (!is_unix && !is_tcp) throw std::invalid_argument("usage: see the head of many_responder.cc");
  ++next;
  if (is_unix) settings.prefix = arguments[next++];
  if (is_unix) settings.count = number();
  return settings;
}

}  // namespace

int main(int argc, char** argv) try {
  allow_many_descriptors();
  Responder responder(parse({argv, static_cast<std::size_t>(argc)}));
  std::printf("listening %d\n", responder.listen_everywhere());
  std::fflush(stdout);
  responder.run();
} catch (const std::exception& problem) {
  std::fprintf(stderr, "many_responder: %s\n", problem.what());
  return 1;
}
