#include "app/supervisor.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace app {
namespace {

// A service manager that takes nothing for so long has other worries; nobody but it waits for us.
constexpr timeval kLongestSend{.tv_sec = 1, .tv_usec = 0};
constexpr int kKeepAlivesPerWatchdog = 4;

const std::string* value_of(const config::Environment& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() || found->second.empty() ? nullptr : &found->second;
}

bool is_for(const std::string* pid, pid_t self) {
  return pid == nullptr || *pid == std::to_string(self);
}

std::optional<base::Duration> watchdog_of(const std::string* microseconds) {
  constexpr base::Duration kLongest = std::chrono::hours(24);
  const auto count = microseconds ? base::parse_uint(*microseconds) : std::nullopt;
  if (!count || *count == 0) return std::nullopt;
  const auto most = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(kLongest).count());
  return std::chrono::microseconds(static_cast<std::int64_t>(std::min(*count, most)));
}

base::UniqueFd connect_to(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof address.sun_path) return {};
  name.copy(address.sun_path, name.size());
  const bool is_abstract = name.front() == '@';
  if (is_abstract) address.sun_path[0] = '\0';
  const std::size_t size =
      offsetof(sockaddr_un, sun_path) + name.size() + (is_abstract ? 0 : 1);  // a path ends in NUL
  base::UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kLongestSend, sizeof kLongestSend);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address),
                static_cast<socklen_t>(size)) != 0) {
    return {};
  }
  return fd;
}

}  // namespace

SupervisorOptions supervisor_options(const config::Environment& environment, pid_t self) {
  SupervisorOptions options;
  const std::string* socket = value_of(environment, "NOTIFY_SOCKET");
  if (!socket || (socket->front() != '/' && socket->front() != '@')) return options;
  options.socket = *socket;
  if (is_for(value_of(environment, "WATCHDOG_PID"), self))
    options.watchdog = watchdog_of(value_of(environment, "WATCHDOG_USEC"));
  return options;
}

Supervisor::Supervisor(SupervisorOptions options) : options_(std::move(options)) {
  if (options_.socket.empty()) return;
  socket_ = connect_to(options_.socket);
  if (!socket_.is_open()) {
    base::log::warn("the service manager cannot be told that the exporter runs",
                    {{"socket", options_.socket}});
    return;
  }
  // The first one at once: the start may have taken a while already.
  if (options_.watchdog) next_keep_alive_ = base::TimePoint{};
}

void Supervisor::ready(std::string_view status) {
  notify("READY=1\nSTATUS=" + std::string(status));
}

void Supervisor::reloading(base::TimePoint now) {
  const auto microseconds =
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void Supervisor::stopping() {
  notify("STOPPING=1");
}

void Supervisor::keep_alive(base::TimePoint now, bool every_loop_turns) {
  if (!next_keep_alive_ || now < *next_keep_alive_) return;
  next_keep_alive_ = now + *options_.watchdog / kKeepAlivesPerWatchdog;
  if (every_loop_turns) notify("WATCHDOG=1");
}

void Supervisor::notify(const std::string& text) {
  if (!socket_.is_open()) return;
  const auto size = static_cast<ssize_t>(text.size());
  if (::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) == size) return;
  base::log::warn("the service manager did not take a notice",
                  {{"error", std::system_category().message(errno)}});
}

}  // namespace app
