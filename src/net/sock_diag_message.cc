#include "net/sock_diag_message.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace net {
namespace {

using Bytes = std::span<const std::byte>;
using Kind = DatagramEnd::Kind;

// How the kernel keeps a device number inside, which is what unix_diag tells. stat() tells another
// encoding of the same pair.
constexpr unsigned kMinorBits = 20;
constexpr std::uint32_t kMinorMask = (1u << kMinorBits) - 1;
constexpr int kMaxErrno = 4095;

// Nothing when `bytes` are too few. A copy, as the bytes of a message need not be aligned for T.
template <typename T>
std::optional<T> read_struct(Bytes bytes) {
  if (bytes.size() < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

// Messages and attributes start at multiples of 4; the padding of the last one may be left out.
Bytes after(Bytes bytes, std::size_t length) {
  return bytes.subspan(std::min((length + 3) / 4 * 4, bytes.size()));
}

struct Attribute {
  int type = 0;
  Bytes value;
};

// The first attribute, which is cut off `rest`; nothing when it does not fit.
std::optional<Attribute> take_attribute(Bytes& rest) {
  const auto header = read_struct<rtattr>(rest);
  if (!header || header->rta_len < sizeof(rtattr) || header->rta_len > rest.size()) {
    return std::nullopt;
  }
  const Bytes value = rest.subspan(sizeof(rtattr), header->rta_len - sizeof(rtattr));
  rest = after(rest, header->rta_len);
  return Attribute{.type = header->rta_type & NLA_TYPE_MASK, .value = value};
}

std::uint64_t cookie_of(const std::uint32_t (&halves)[2]) {
  return std::uint64_t{halves[1]} << 32 | halves[0];
}

// False when it is too short for its type.
bool take_unix_attribute(const Attribute& attribute, UnixListener& listener, bool& has_queue) {
  if (attribute.type == UNIX_DIAG_NAME) {
    listener.name = {reinterpret_cast<const char*>(attribute.value.data()), attribute.value.size()};
  } else if (attribute.type == UNIX_DIAG_VFS) {
    const auto file = read_struct<unix_diag_vfs>(attribute.value);
    if (!file) return false;
    listener.device_major = file->udiag_vfs_dev >> kMinorBits;
    listener.device_minor = file->udiag_vfs_dev & kMinorMask;
    listener.inode = file->udiag_vfs_ino;
  } else if (attribute.type == UNIX_DIAG_RQLEN) {
    const auto queue = read_struct<unix_diag_rqlen>(attribute.value);
    if (!queue) return false;
    listener.queue = {.length = queue->udiag_rqueue, .limit = queue->udiag_wqueue};
    has_queue = true;
  }
  return true;
}

// The number in an error message, and at the end of a dump: 0, or a negative errno. A dump of an
// old kernel ends without one. Nothing when it is neither.
std::optional<int> error_number(const nlmsghdr& header, Bytes payload) {
  if (payload.empty() && header.nlmsg_type == NLMSG_DONE) return 0;
  const auto number = read_struct<int>(payload);
  if (!number || *number > 0 || *number < -kMaxErrno) return std::nullopt;
  return -*number;
}

}  // namespace

std::optional<UnixListener> parse_unix_listener(Bytes payload) {
  const auto message = read_struct<unix_diag_msg>(payload);
  if (!message || message->udiag_family != AF_UNIX) return std::nullopt;
  UnixListener listener{.is_stream = message->udiag_type == SOCK_STREAM,
                        .cookie = cookie_of(message->udiag_cookie)};
  bool has_queue = false;
  Bytes rest = after(payload, sizeof(unix_diag_msg));
  while (!rest.empty()) {
    const auto attribute = take_attribute(rest);
    if (!attribute || !take_unix_attribute(*attribute, listener, has_queue)) return std::nullopt;
  }
  if (!has_queue) return std::nullopt;
  return listener;
}

std::optional<TcpListener> parse_tcp_listener(Bytes payload) {
  const auto message = read_struct<inet_diag_msg>(payload);
  if (!message) return std::nullopt;
  if (message->idiag_family != AF_INET && message->idiag_family != AF_INET6) return std::nullopt;
  TcpListener listener{.address = base::socket_address(message->idiag_family, message->id.idiag_src,
                                                       ntohs(message->id.idiag_sport)),
                       .interface = message->id.idiag_if,
                       .cookie = cookie_of(message->id.idiag_cookie),
                       .queue = {.length = message->idiag_rqueue, .limit = message->idiag_wqueue}};
  Bytes rest = after(payload, sizeof(inet_diag_msg));
  while (!rest.empty()) {
    const auto attribute = take_attribute(rest);
    if (!attribute) return std::nullopt;
    if (attribute->type == INET_DIAG_SKV6ONLY && !attribute->value.empty()) {
      listener.is_v6_only = attribute->value.front() != std::byte{0};
    }
  }
  return listener;
}

DatagramEnd read_datagram(Bytes datagram, std::uint32_t sequence,
                          const std::function<bool(Bytes)>& take) {
  DatagramEnd result;
  Bytes rest = datagram;
  while (!rest.empty()) {
    const auto header = read_struct<nlmsghdr>(rest);
    if (!header || header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > rest.size()) {
      result.kind = Kind::malformed;
      return result;
    }
    const Bytes payload = rest.subspan(sizeof(nlmsghdr), header->nlmsg_len - sizeof(nlmsghdr));
    rest = after(rest, header->nlmsg_len);
    if (header->nlmsg_seq != sequence) continue;  // no answer to us
    if ((header->nlmsg_flags & NLM_F_DUMP_INTR) != 0) result.is_interrupted = true;
    if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR) {
      const std::optional<int> number = error_number(*header, payload);
      result.kind = number ? Kind::dump_is_over : Kind::malformed;
      result.error_number = number.value_or(0);
      return result;
    }
    if (header->nlmsg_type == SOCK_DIAG_BY_FAMILY && !take(payload)) {
      result.kind = Kind::malformed;
      return result;
    }
  }
  return result;
}

}  // namespace net
