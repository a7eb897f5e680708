// Where a FastCGI responder listens, or where we do: the text people write, and the form the kernel
// takes. Parsing is pure: it never looks up a name.
#pragma once

#include <sys/socket.h>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace base {

enum class Transport { tcp, unix_socket };

std::string_view label(Transport transport);  // "tcp", "unix"

struct Address {
  Transport transport = Transport::tcp;
  // tcp: a name, or an IP literal without brackets; may be empty for a listener ("any").
  std::string host = {};
  std::uint16_t port = 0;  // tcp
  // unix: a file path, or "@name" for Linux' abstract namespace.
  std::string path = {};

  // "tcp://10.0.0.7:9000", "tcp://[::1]:9000", "unix:/run/php/www.sock", "unix:@name".
  std::string text() const;
  auto operator<=>(const Address&) const = default;
};

// Accepts what text() writes, and "HOST:PORT", "[V6]:PORT", "unix:PATH", "unix:///PATH", "/PATH",
// "@NAME". The reason says what is wrong and shows a right form. A tcp address needs a host and a
// port from 1 to 65535.
Result<Address> parse_address(std::string_view text);

// The same, for an address to listen on: an empty host means any ("[::]" dual-stack), port 0 means
// a free one.
Result<Address> parse_listen_address(std::string_view text);

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
  bool operator==(const SocketAddress& other) const;
};

// For unix addresses and IP literals (fe80::1%eth0 included: the one thing here that asks the
// kernel); nothing when a lookup is needed, when there is no such interface, and for an unchecked
// path that is empty or too long.
std::optional<SocketAddress> socket_address(const Address& address);

// From a looked-up address: 4 or 16 bytes in network order.
SocketAddress socket_address(int family, const void* bytes, std::uint16_t port);

// "10.0.0.7:9000", "[::1]:9000", "/run/php/www.sock", "@name"; for people and logs.
std::string text(const SocketAddress& address);

}  // namespace base
