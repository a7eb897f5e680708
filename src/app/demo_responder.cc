#include "app/demo_responder.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <random>
#include <string_view>
#include <system_error>
#include <utility>

namespace app {
namespace {

// A record of FastCGI 1.0 section 3.3 for request 1: version, type, id, content length, no padding.
std::string record(char type, std::string_view content) {
  std::string bytes{1, type, 0, 1};
  bytes += static_cast<char>(content.size() >> 8);
  bytes += static_cast<char>(content.size() & 0xff);
  bytes += std::string(2, '\0');
  return bytes += content;
}

std::string answer(std::string_view body) {
  constexpr char kEndRequest = 3, kStdout = 6;
  return record(kStdout, "Content-Type: text/plain\r\n\r\n" + std::string(body)) +
         record(kEndRequest, std::string_view("\0\0\0\0\0\0\0\0", 8));
}

// True when `fd` is readable, false at `until` or when `stop` became readable.
bool wait_readable(int fd, int stop, base::TimePoint until) {
  std::array<pollfd, 2> waited{{{fd, POLLIN, 0}, {stop, POLLIN, 0}}};
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(until - base::Clock::now()).count();
  const int ready =
      ::poll(waited.data(), waited.size(), static_cast<int>(std::max<std::int64_t>(left, 0)));
  return ready > 0 && waited[1].revents == 0;
}

// Mostly under 10 ms, now and then far more: the shape of real latencies.
base::Duration think_time(DemoScene::Mood mood) {
  thread_local std::mt19937 random{std::random_device{}()};
  std::lognormal_distribution<double> milliseconds(mood == DemoScene::Mood::slow ? 5.0 : 0.7, 0.9);
  return std::chrono::microseconds(
      static_cast<std::int64_t>(1000 * std::min(milliseconds(random), 900.0)));
}

}  // namespace

DemoResponder::DemoResponder(std::string path, std::vector<DemoScene> scenes)
    : path_(std::move(path)), scenes_(std::move(scenes)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  open_listener();
  thread_ = std::thread([this] { run(); });
}

DemoResponder::~DemoResponder() {
  stopping_ = true;
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
  ::unlink(path_.c_str());
}

void DemoResponder::open_listener() {
  const auto address = base::socket_address(
      {.transport = base::Transport::unix_socket, .host = {}, .port = 0, .path = path_});
  ::unlink(path_.c_str());
  listener_ = base::UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!address || ::bind(listener_.get(), address->get(), address->size) != 0 ||
      ::listen(listener_.get(), 128) != 0) {
    throw std::system_error(errno, std::system_category(), "demo responder " + path_);
  }
}

void DemoResponder::run() {
  for (std::size_t i = 0; !stopping_; ++i) {
    const DemoScene& scene = scenes_[i % scenes_.size()];
    serve_scene(scene, base::Clock::now() + scene.lasts);
  }
}

void DemoResponder::serve_scene(const DemoScene& scene, base::TimePoint until) {
  if (scene.mood == DemoScene::Mood::away) {
    listener_.reset();
    ::unlink(path_.c_str());
    wait_readable(stop_.get(), stop_.get(), until);
    open_listener();
    return;
  }
  if (scene.mood == DemoScene::Mood::busy) {
    wait_readable(stop_.get(), stop_.get(), until);
    return;
  }
  while (!stopping_ && base::Clock::now() < until) {
    if (wait_readable(listener_.get(), stop_.get(), until)) answer_next(scene, until);
  }
}

void DemoResponder::answer_next(const DemoScene& scene, base::TimePoint until) {
  const base::UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!client.is_open()) return;
  const auto think_until =
      scene.mood == DemoScene::Mood::silent ? until : base::Clock::now() + think_time(scene.mood);
  wait_readable(stop_.get(), stop_.get(), think_until);
  std::array<char, 4096> request{};
  if (::recv(client.get(), request.data(), request.size(), MSG_DONTWAIT) <= 0) return;
  const std::string bytes =
      answer(scene.mood == DemoScene::Mood::wrong_answer ? "<h1>Maintenance</h1>" : "pong");
  // A client that is gone, or a buffer that is full, is the client's affair: this is a demo of the
  // other side.
  [[maybe_unused]] const ssize_t sent =
      ::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace app
