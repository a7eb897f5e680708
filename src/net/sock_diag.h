// Asks the kernel which sockets listen in this network namespace, and how full their accept queues
// are: a NETLINK_SOCK_DIAG dump, which needs no privilege. Blocks while the kernel writes it, at
// most kDumpTimeout. Keeps nothing: each listener is shown to the caller and forgotten. Any
// thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "net/sock_diag_message.h"

namespace net {

inline constexpr std::chrono::milliseconds kDumpTimeout{1000};
// The kernel writes at most 32 KiB at a time; more than this is an error, never a cut list.
inline constexpr std::size_t kMaxDumpDatagramBytes = 65'536;

struct DumpResult {
  enum class End : std::uint8_t {
    complete,
    interrupted,  // sockets came or went meanwhile, and some may be missing: ask again
    failed
  };
  End end = End::complete;
  std::string problem = {};  // when failed: why, and what to do, for people
};

// Unless the result is complete, what was shown is only a part.
DumpResult dump_unix_listeners(const std::function<void(const UnixListener&)>& show);
// `family` is AF_INET or AF_INET6.
DumpResult dump_tcp_listeners(int family, const std::function<void(const TcpListener&)>& show);

}  // namespace net
