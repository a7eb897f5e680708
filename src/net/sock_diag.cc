#include "net/sock_diag.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <memory>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "base/unique_fd.h"

namespace net {
namespace {

using End = DumpResult::End;
using Kind = DatagramEnd::Kind;
using TakePayload = std::function<bool(std::span<const std::byte>)>;

constexpr std::uint32_t kSequence = 1;  // each dump has a socket of its own
constexpr std::uint32_t kListening = 1u << TCP_LISTEN;

std::string error_text(int error_number) {
  const char* text = strerrordesc_np(error_number);
  return text != nullptr ? text : "error " + std::to_string(error_number);
}

DumpResult failed(std::string problem) {
  return {.end = End::failed, .problem = std::move(problem)};
}

DumpResult no_netlink(int error_number) {
  const std::string what = "no netlink socket can be had (" + error_text(error_number) + "): ";
  if (error_number == EMFILE || error_number == ENFILE) {
    return failed(what + "raise the limit of open files");
  }
  return failed(what +
                "allow AF_NETLINK, in the service's RestrictAddressFamilies or the container's "
                "seccomp profile");
}

DumpResult refused(int error_number, std::string_view module) {
  if (error_number == ENOENT || error_number == EINVAL || error_number == EOPNOTSUPP) {
    return failed("the kernel does not know the question (" + error_text(error_number) +
                  "): load its module on the host with \"modprobe " + std::string(module) + "\"");
  }
  return failed("the kernel refuses to answer (" + error_text(error_number) + ")");
}

// Connected to the kernel, so that no other process can put in a word. errno when not open.
base::UniqueFd open_netlink() {
  base::UniqueFd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!fd.is_open()) return fd;
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  const auto limit = std::chrono::duration_cast<std::chrono::seconds>(kDumpTimeout);
  const timeval timeout{.tv_sec = limit.count(), .tv_usec = 0};
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&kernel), sizeof(kernel)) != 0 ||
      setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) != 0) {
    const int error_number = errno;
    fd.reset();
    errno = error_number;
  }
  return fd;
}

DumpResult receive(int fd, std::string_view module, const TakePayload& take) {
  const base::TimePoint limit = base::Clock::now() + kDumpTimeout;
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(kMaxDumpDatagramBytes);
  bool is_interrupted = false;
  do {
    // With MSG_TRUNC the size is the whole datagram's, also where it did not fit.
    const ssize_t received = recv(fd, buffer.get(), kMaxDumpDatagramBytes, MSG_TRUNC);
    if (received < 0 && errno == EINTR) continue;
    if (received < 0 && errno == EAGAIN) break;
    if (received < 0) return refused(errno, module);
    const auto size = static_cast<std::size_t>(received);
    if (size == 0 || size > kMaxDumpDatagramBytes) return failed("the kernel's answer is cut off");
    const DatagramEnd end = read_datagram(std::span(buffer.get(), size), kSequence, take);
    if (end.kind == Kind::malformed) {
      return failed("the kernel's answer has a form that is not known here: please report it");
    }
    is_interrupted = is_interrupted || end.is_interrupted;
    if (end.kind == Kind::dump_is_over) {
      if (end.error_number != 0) return refused(end.error_number, module);
      return {.end = is_interrupted ? End::interrupted : End::complete};
    }
  } while (base::Clock::now() < limit);
  return failed("the kernel's answer took longer than a second");
}

template <typename Request>
DumpResult dump(const Request& request, std::string_view module, const TakePayload& take) {
  const base::UniqueFd fd = open_netlink();
  if (!fd.is_open()) return no_netlink(errno);
  struct {
    nlmsghdr header;
    Request request;
  } message{};
  message.header.nlmsg_len = sizeof(message);
  message.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message.header.nlmsg_seq = kSequence;
  message.request = request;
  if (send(fd.get(), &message, sizeof(message), MSG_NOSIGNAL) < 0) return refused(errno, module);
  return receive(fd.get(), module, take);
}

}  // namespace

DumpResult dump_unix_listeners(const std::function<void(const UnixListener&)>& show) {
  unix_diag_req request{};
  request.sdiag_family = AF_UNIX;
  request.udiag_states = kListening;
  request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS | UDIAG_SHOW_RQLEN;
  return dump(request, "unix_diag", [&show](std::span<const std::byte> payload) {
    const auto listener = parse_unix_listener(payload);
    if (listener) show(*listener);
    return listener.has_value();
  });
}

DumpResult dump_tcp_listeners(int family, const std::function<void(const TcpListener&)>& show) {
  inet_diag_req_v2 request{};
  request.sdiag_family = static_cast<std::uint8_t>(family);
  request.sdiag_protocol = IPPROTO_TCP;
  request.idiag_states = kListening;
  return dump(request, "tcp_diag", [&show](std::span<const std::byte> payload) {
    const auto listener = parse_tcp_listener(payload);
    if (listener) show(*listener);
    return listener.has_value();
  });
}

}  // namespace net
