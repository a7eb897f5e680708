// What the kernel writes in a NETLINK_SOCK_DIAG dump of listening sockets, read with bounds
// checks: it trusts no length. Pure.
// Sources: sock_diag(7); netlink(7); linux/unix_diag.h; linux/inet_diag.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "base/address.h"
#include "probe/evidence.h"

namespace net {

struct UnixListener {
  bool is_stream = false;  // an abstract name may be taken once per socket type
  // Of the socket's file, which these three tell from any other; all 0 when abstract.
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::uint32_t inode = 0;  // the lower 32 bits
  // As bind() got it; starts with a NUL when abstract. Points into the message: copy it to keep it.
  std::string_view name = {};
  std::uint64_t cookie = 0;  // no other socket has it
  probe::ListenQueue queue = {};
};

struct TcpListener {
  base::SocketAddress address = {};  // without a scope
  std::uint32_t interface = 0;       // connections come only from there; 0: from everywhere
  bool is_v6_only = true;            // of an IPv6 socket; old kernels do not tell
  std::uint64_t cookie = 0;
  probe::ListenQueue queue = {};
};

// One message of a dump, without its header; nothing when it is malformed.
std::optional<UnixListener> parse_unix_listener(std::span<const std::byte> payload);
std::optional<TcpListener> parse_tcp_listener(std::span<const std::byte> payload);

struct DatagramEnd {
  enum class Kind : std::uint8_t { more_follows, dump_is_over, malformed };
  Kind kind = Kind::more_follows;
  // Sockets came or went while the kernel wrote: the list may lack some.
  bool is_interrupted = false;
  int error_number = 0;  // why the kernel ended the dump; 0: it is complete
};

// One datagram of the dump that was asked for under `sequence`. `take` gets the payload of each
// listener in it, in order, and says whether it could be read.
DatagramEnd read_datagram(std::span<const std::byte> datagram, std::uint32_t sequence,
                          const std::function<bool(std::span<const std::byte>)>& take);

}  // namespace net
