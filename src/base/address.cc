#include "base/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "base/text.h"

namespace base {
namespace {

constexpr std::size_t kMaxPathBytes =
    sizeof(sockaddr_un::sun_path) - 1;       // one is the NUL at an end
constexpr std::size_t kMaxNameBytes = 253;   // of a name in the DNS
constexpr std::size_t kMaxShownBytes = 120;  // of a bad text, in a reason

enum class Purpose { ask, listen };

std::string in_quotes(std::string_view text) {
  const std::string shown = clean_text(text, kMaxShownBytes);
  return '"' + shown + (text.size() > kMaxShownBytes ? "...\"" : "\"");
}

// An IPv6 literal and, after '%', the interface that a link-local address needs.
struct ScopedHost {
  std::string address;
  std::string scope;
};

ScopedHost split_scope(std::string_view host) {
  const std::size_t percent = host.find('%');
  if (percent == std::string_view::npos) return {std::string(host), ""};
  return {std::string(host.substr(0, percent)), std::string(host.substr(percent + 1))};
}

bool is_ipv4(const std::string& host) {
  in_addr ignored{};
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1;
}

bool is_ipv6(std::string_view host) {
  const ScopedHost scoped = split_scope(host);
  const bool scope_fits = scoped.scope.size() < IF_NAMESIZE &&
                          scoped.scope.find_first_of("/ []%") == std::string::npos &&
                          (host.find('%') == std::string_view::npos || !scoped.scope.empty());
  in6_addr ignored{};
  return scope_fits && inet_pton(AF_INET6, scoped.address.c_str(), &ignored) == 1;
}

bool may_be_in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

// No top-level domain is a number, so this is a mistyped IPv4 address, never a name.
bool ends_in_number(std::string_view host) {
  return parse_uint(host.substr(host.rfind('.') + 1)).has_value();
}

// Empty when `host` is a good name or IPv4 literal, else the reason.
std::string why_bad_host(const std::string& host) {
  if (host.size() > kMaxNameBytes) return "the name of a host has at most 253 bytes";
  // Before the kernel's functions, which would read no further than a NUL.
  if (!std::all_of(host.begin(), host.end(), may_be_in_name)) {
    return in_quotes(host) + " is not a host: a name has only letters, digits, '-', '.' and '_'";
  }
  if (ends_in_number(host) && !is_ipv4(host)) {
    return in_quotes(host) +
           " is not an IPv4 address: it has four numbers up to 255, as in \"10.0.0.7\"";
  }
  return "";
}

Result<Address> parse_unix(std::string_view path) {
  const bool is_abstract = path.starts_with('@');
  if (!is_abstract && !path.starts_with('/')) {
    return Unexpected{in_quotes(path) +
                      " is not the whole path of a socket: write it from the root, as in "
                      "\"unix:/run/php/www.sock\", or \"unix:@name\" for an abstract name"};
  }
  if (path.size() == 1 || (!is_abstract && path.ends_with('/')))
    return Unexpected{in_quotes(path) + " lacks the name of a socket"};
  if (path.size() - (is_abstract ? 1 : 0) > kMaxPathBytes) {
    return Unexpected{in_quotes(path) + " is too long: the kernel takes at most " +
                      std::to_string(kMaxPathBytes) +
                      " bytes; use a shorter path or a symbolic link"};
  }
  if (clean_text(path, path.size()) != path) {
    return Unexpected{in_quotes(path) + " holds a NUL byte, a control character or broken UTF-8"};
  }
  return Address{.transport = Transport::unix_socket, .path = std::string(path)};
}

// What follows "unix:". "unix:///run/x" is the URL form of "unix:/run/x".
Result<Address> parse_after_unix(std::string_view rest) {
  if (!rest.starts_with("//")) return parse_unix(rest);
  if (!rest.starts_with("///")) {
    return Unexpected{in_quotes(std::string("unix:").append(rest)) +
                      " has two slashes: write one or three, as in \"unix:/run/php/www.sock\""};
  }
  return parse_unix(rest.substr(2));
}

Result<Address> with_port(std::string_view host, std::string_view port, Purpose purpose) {
  const auto number = parse_uint(port);
  const std::uint64_t lowest = purpose == Purpose::listen ? 0 : 1;
  if (!number || *number < lowest || *number > 65535) {
    return Unexpected{in_quotes(port) + " is not a port: it is a number from " +
                      std::to_string(lowest) + " to 65535, as in \"10.0.0.7:9000\""};
  }
  return Address{.transport = Transport::tcp,
                 .host = std::string(host),
                 .port = static_cast<std::uint16_t>(*number),
                 .path = {}};
}

Result<Address> parse_bracketed(std::string_view text, Purpose purpose) {
  const std::size_t close = text.find(']');
  if (close == std::string_view::npos) {
    return Unexpected{in_quotes(text) + " lacks the closing bracket, as in \"[::1]:9000\""};
  }
  const std::string_view host = text.substr(1, close - 1);
  const std::string_view rest = text.substr(close + 1);
  if (clean_text(host, host.size()) != host || !is_ipv6(host)) {
    return Unexpected{
        in_quotes(host) +
        " is not an IPv6 address: between brackets stands one, as in \"[::1]:9000\" or "
        "\"[fe80::1%eth0]:9000\""};
  }
  if (!rest.starts_with(':'))
    return Unexpected{in_quotes(text) + " has no port, as in \"[::1]:9000\""};
  return with_port(host, rest.substr(1), purpose);
}

Result<Address> parse_tcp(std::string_view text, Purpose purpose) {
  if (text.starts_with('[')) return parse_bracketed(text, purpose);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return Unexpected{in_quotes(text) +
                      " has no port: write HOST:PORT, as in \"10.0.0.7:9000\", or "
                      "\"unix:/run/php/www.sock\" for a unix socket"};
  }
  if (text.find(':', colon + 1) != std::string_view::npos) {
    return Unexpected{
        in_quotes(text) +
        " has more than one ':'; an IPv6 address stands in brackets, as in \"[::1]:9000\""};
  }
  const std::string host(text.substr(0, colon));
  if (host.empty() && purpose == Purpose::ask) {
    return Unexpected{in_quotes(text) + " has no host: write HOST:PORT, as in \"10.0.0.7:9000\""};
  }
  if (std::string reason = host.empty() ? "" : why_bad_host(host); !reason.empty()) {
    return Unexpected{std::move(reason)};
  }
  return with_port(host, text.substr(colon + 1), purpose);
}

Result<Address> parse(std::string_view text, Purpose purpose) {
  if (text.empty()) {
    return Unexpected{"the address is empty: write HOST:PORT or \"unix:/run/php/www.sock\""};
  }
  if (text.starts_with("unix:")) return parse_after_unix(text.substr(5));
  if (text.starts_with('/') || text.starts_with('@')) return parse_unix(text);
  if (text.starts_with("tcp://")) return parse_tcp(text.substr(6), purpose);
  if (text.find("://") != std::string_view::npos) {
    return Unexpected{in_quotes(text) +
                      " is neither tcp nor unix: write \"tcp://HOST:PORT\" or \"unix:/PATH\""};
  }
  return parse_tcp(text, purpose);
}

std::optional<SocketAddress> unix_socket_address(const std::string& path) {
  const bool is_abstract = path.starts_with('@');
  if (path.empty() || path.size() - (is_abstract ? 1 : 0) > kMaxPathBytes) return std::nullopt;
  SocketAddress result;
  auto* un = reinterpret_cast<sockaddr_un*>(&result.storage);
  un->sun_family = AF_UNIX;
  std::memcpy(un->sun_path, path.data(), path.size());
  // An abstract name starts with NUL and ends where `size` says; a path has a NUL at its end.
  if (is_abstract) un->sun_path[0] = '\0';
  const std::size_t used = is_abstract ? path.size() : path.size() + 1;
  result.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + used);
  return result;
}

// The index of an interface by its name or number; 0, which no interface has, when there is none.
std::uint32_t interface_index(const std::string& scope) {
  if (const auto number = parse_uint(scope)) {
    return *number <= UINT32_MAX ? static_cast<std::uint32_t>(*number) : 0;
  }
  return if_nametoindex(scope.c_str());
}

std::optional<SocketAddress> ip_socket_address(const std::string& host, std::uint16_t port) {
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return socket_address(AF_INET, &v4, port);
  const ScopedHost scoped = split_scope(host);
  in6_addr v6{};
  if (inet_pton(AF_INET6, scoped.address.c_str(), &v6) != 1) return std::nullopt;
  SocketAddress result = socket_address(AF_INET6, &v6, port);
  if (scoped.scope.empty()) return result;
  const std::uint32_t index = interface_index(scoped.scope);
  if (index == 0) return std::nullopt;
  reinterpret_cast<sockaddr_in6*>(&result.storage)->sin6_scope_id = index;
  return result;
}

std::string scope_text(std::uint32_t scope_id) {
  if (scope_id == 0) return "";
  std::array<char, IF_NAMESIZE> name{};
  if (if_indextoname(scope_id, name.data()) != nullptr) return std::string("%") + name.data();
  return "%" + std::to_string(scope_id);
}

std::string unix_text(const SocketAddress& address) {
  const auto* un = reinterpret_cast<const sockaddr_un*>(&address.storage);
  const std::size_t header = offsetof(sockaddr_un, sun_path);
  const std::size_t used = std::min<std::size_t>(address.size, sizeof(sockaddr_un));
  if (used <= header) return "unnamed";
  const std::string_view bytes(un->sun_path, used - header);
  if (bytes.front() == '\0') return "@" + clean_text(bytes.substr(1), kMaxShownBytes * 3);
  return clean_text(bytes.substr(0, bytes.find('\0')), kMaxShownBytes * 3);
}

}  // namespace

std::string_view label(Transport transport) {
  switch (transport) {
    case Transport::tcp:
      return "tcp";
    case Transport::unix_socket:
      return "unix";
  }
  return "";
}

std::string Address::text() const {
  // After "unix:" two slashes would be those of a URL.
  const bool needs_slashes = path.starts_with("//");
  if (transport == Transport::unix_socket) return (needs_slashes ? "unix://" : "unix:") + path;
  const bool needs_brackets = host.find(':') != std::string::npos;
  return "tcp://" + (needs_brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Address> parse_address(std::string_view text) {
  return parse(text, Purpose::ask);
}

Result<Address> parse_listen_address(std::string_view text) {
  return parse(text, Purpose::listen);
}

bool SocketAddress::operator==(const SocketAddress& other) const {
  const std::size_t used = std::min<std::size_t>(size, sizeof(storage));
  return size == other.size && std::memcmp(&storage, &other.storage, used) == 0;
}

std::optional<SocketAddress> socket_address(const Address& address) {
  if (address.transport == Transport::unix_socket) return unix_socket_address(address.path);
  return ip_socket_address(address.host.empty() ? "::" : address.host, address.port);
}

SocketAddress socket_address(int family, const void* bytes, std::uint16_t port) {
  SocketAddress result;
  if (family == AF_INET) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&result.storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    std::memcpy(&v4->sin_addr, bytes, sizeof(v4->sin_addr));
    result.size = sizeof(*v4);
  } else {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&result.storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    std::memcpy(&v6->sin6_addr, bytes, sizeof(v6->sin6_addr));
    result.size = sizeof(*v6);
  }
  return result;
}

std::string text(const SocketAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> ip{};
  if (address.family() == AF_UNIX) return unix_text(address);
  if (address.family() == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address.storage);
    inet_ntop(AF_INET, &v4->sin_addr, ip.data(), ip.size());
    return std::string(ip.data()) + ":" + std::to_string(ntohs(v4->sin_port));
  }
  if (address.family() == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    inet_ntop(AF_INET6, &v6->sin6_addr, ip.data(), ip.size());
    return "[" + std::string(ip.data()) + scope_text(v6->sin6_scope_id) +
           "]:" + std::to_string(ntohs(v6->sin6_port));
  }
  return "unknown";
}

}  // namespace base
