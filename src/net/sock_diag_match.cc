#include "net/sock_diag_match.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <tuple>

namespace net {
namespace {

constexpr std::size_t kPathOffset = offsetof(sockaddr_un, sun_path);

const sockaddr_in& v4(const base::SocketAddress& address) {
  return *reinterpret_cast<const sockaddr_in*>(&address.storage);
}

const sockaddr_in6& v6(const base::SocketAddress& address) {
  return *reinterpret_cast<const sockaddr_in6*>(&address.storage);
}

bool is_tcp(const base::SocketAddress& address) {
  return address.family() == AF_INET || address.family() == AF_INET6;
}

std::uint16_t port_of(const base::SocketAddress& address) {
  return ntohs(address.family() == AF_INET ? v4(address).sin_port : v6(address).sin6_port);
}

bool is_link_local(const base::SocketAddress& address) {
  return address.family() == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&v6(address).sin6_addr);
}

base::SocketAddress with_scope(base::SocketAddress address, std::uint32_t scope) {
  reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_scope_id = scope;
  return address;
}

// 10.0.0.7 for ::ffff:10.0.0.7, else the address itself.
base::SocketAddress unmapped(const base::SocketAddress& address) {
  if (address.family() != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&v6(address).sin6_addr)) {
    return address;
  }
  return base::socket_address(AF_INET, &v6(address).sin6_addr.s6_addr[12], port_of(address));
}

bool is_wildcard(const base::SocketAddress& unmapped_address) {
  if (unmapped_address.family() == AF_INET) {
    return v4(unmapped_address).sin_addr.s_addr == htonl(INADDR_ANY);
  }
  return IN6_IS_ADDR_UNSPECIFIED(&v6(unmapped_address).sin6_addr);
}

base::SocketAddress loopback(int family, std::uint16_t port) {
  const in_addr loopback4{htonl(INADDR_LOOPBACK)};
  if (family == AF_INET) return base::socket_address(AF_INET, &loopback4, port);
  return base::socket_address(AF_INET6, &in6addr_loopback, port);
}

base::SocketAddress canonical_tcp(const base::SocketAddress& listener) {
  const base::SocketAddress address = unmapped(listener);
  if (is_wildcard(address)) return loopback(address.family(), port_of(address));
  if (address.family() == AF_INET) {
    return base::socket_address(AF_INET, &v4(address).sin_addr, port_of(address));
  }
  const auto plain = base::socket_address(AF_INET6, &v6(address).sin6_addr, port_of(address));
  return is_link_local(address) ? with_scope(plain, v6(address).sin6_scope_id) : plain;
}

// `name` as bind() gets it, with a NUL in front when abstract.
base::SocketAddress unix_address(std::string_view name) {
  base::SocketAddress result;
  result.storage.ss_family = AF_UNIX;
  const std::size_t size = std::min(name.size(), sizeof(sockaddr_un) - kPathOffset);
  std::memcpy(reinterpret_cast<char*>(&result.storage) + kPathOffset, name.data(), size);
  result.size = static_cast<socklen_t>(kPathOffset + size);
  return result;
}

base::SocketAddress canonical_unix(const base::SocketAddress& listener) {
  const std::size_t size = std::min<std::size_t>(listener.size, sizeof(sockaddr_un));
  if (size <= kPathOffset) return unix_address("");
  const std::string_view bytes(reinterpret_cast<const char*>(&listener.storage) + kPathOffset,
                               size - kPathOffset);
  // A path ends at its NUL; every byte of an abstract name counts.
  return unix_address(bytes.front() == '\0' ? bytes : bytes.substr(0, bytes.find('\0')));
}

base::SocketAddress without_port(base::SocketAddress address) {
  if (address.family() == AF_INET) {
    reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port = 0;
  } else {
    reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port = 0;
  }
  return address;
}

}  // namespace

base::SocketAddress canonical(const base::SocketAddress& listener) {
  if (listener.family() == AF_UNIX) return canonical_unix(listener);
  return is_tcp(listener) ? canonical_tcp(listener) : listener;
}

bool BytesLess::operator()(const base::SocketAddress& left,
                           const base::SocketAddress& right) const {
  if (left.size != right.size) return left.size < right.size;
  const std::size_t used = std::min<std::size_t>(left.size, sizeof(left.storage));
  return std::memcmp(&left.storage, &right.storage, used) < 0;
}

WatchedListeners::WatchedListeners(std::vector<Listener> sorted) : listeners_(std::move(sorted)) {
  for (std::uint32_t index = 0; index < listeners_.size(); ++index) {
    if (!is_tcp(at(index))) continue;
    ports_.push_back({.port = port_of(at(index)), .index = index});
  }
  std::sort(ports_.begin(), ports_.end());
}

std::optional<std::size_t> WatchedListeners::find(
    const base::SocketAddress& canonical_address) const {
  const auto found =
      std::lower_bound(listeners_.begin(), listeners_.end(), canonical_address, BytesLess{});
  if (found == listeners_.end() || !(**found == canonical_address)) return std::nullopt;
  return static_cast<std::size_t>(found - listeners_.begin());
}

bool is_loopback(const base::SocketAddress& address) {
  if (address.family() == AF_INET6) return IN6_IS_ADDR_LOOPBACK(&v6(address).sin6_addr);
  return ntohl(v4(address).sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

LocalAddresses::LocalAddresses() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> list(first, &freeifaddrs);
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    base::SocketAddress address;
    if (entry->ifa_addr->sa_family == AF_INET) address.size = sizeof(sockaddr_in);
    if (entry->ifa_addr->sa_family == AF_INET6) address.size = sizeof(sockaddr_in6);
    if (address.size == 0) continue;
    std::memcpy(&address.storage, entry->ifa_addr, address.size);
    addresses_.push_back(canonical(address));
  }
  std::sort(addresses_.begin(), addresses_.end(), BytesLess{});
}

bool LocalAddresses::has(const base::SocketAddress& address) const {
  return is_loopback(address) || std::binary_search(addresses_.begin(), addresses_.end(),
                                                    without_port(address), BytesLess{});
}

ListenerMatches::ListenerMatches(const WatchedListeners& watched)
    : watched_(watched), is_local_(watched.size(), false) {}

// stat() tells a file's device in another encoding than the kernel's own, hence by halves. On
// btrfs, and on an overlay of several file systems, stat() tells another device than the kernel:
// such a listener is not found. The inode alone would not do, as its number repeats from one btrfs
// subvolume, or container, to the next: it would find a stranger's.
void ListenerMatches::set_file(std::size_t index, const struct stat& file) {
  files_.push_back({.device_major = major(file.st_dev),
                    .device_minor = minor(file.st_dev),
                    .inode = static_cast<std::uint32_t>(file.st_ino),
                    .index = static_cast<std::uint32_t>(index)});
}

void ListenerMatches::sort_files() {
  std::sort(files_.begin(), files_.end());
}

void ListenerMatches::show(const UnixListener& listener) {
  if (!listener.is_stream) return;
  const auto keep = [&](std::size_t index) {
    matches_.push_back({.index = static_cast<std::uint32_t>(index),
                        .cookie = listener.cookie,
                        .queue = listener.queue});
  };
  if (listener.name.starts_with('\0')) {
    if (const auto index = watched_.find(unix_address(listener.name))) keep(*index);
    return;
  }
  // Several watched paths may lead to one file.
  const File first{.device_major = listener.device_major,
                   .device_minor = listener.device_minor,
                   .inode = listener.inode};
  for (auto file = std::lower_bound(files_.begin(), files_.end(), first);
       file != files_.end() && file->is_same_file(first); ++file) {
    keep(file->index);
  }
}

void ListenerMatches::show(const TcpListener& listener) {
  const base::SocketAddress address = unmapped(listener.address);
  if (is_wildcard(address)) return show_wildcard(listener);
  const bool has_scope = is_link_local(address);
  // Bound to an interface, which local clients do not come from (SO_BINDTODEVICE): not known.
  if (listener.interface != 0 && !has_scope) return;
  const auto index = watched_.find(has_scope ? with_scope(address, listener.interface) : address);
  if (!index || !is_local_[*index]) return;
  const bool is_mapped = address.family() != listener.address.family();
  matches_.push_back({.index = static_cast<std::uint32_t>(*index),
                      .fit = is_mapped ? Fit::exact_mapped : Fit::exact,
                      .cookie = listener.cookie,
                      .queue = listener.queue});
}

void ListenerMatches::show_wildcard(const TcpListener& listener) {
  const std::uint16_t port = port_of(listener.address);
  const auto& ports = watched_.ports();
  for (auto at = std::lower_bound(ports.begin(), ports.end(), WatchedListeners::Port{.port = port});
       at != ports.end() && at->port == port; ++at) {
    if (!is_local_[at->index]) continue;
    const auto fit = wildcard_fit(listener, at->index);
    if (!fit) continue;
    matches_.push_back(
        {.index = at->index, .fit = *fit, .cookie = listener.cookie, .queue = listener.queue});
  }
}

std::optional<ListenerMatches::Fit> ListenerMatches::wildcard_fit(const TcpListener& listener,
                                                                  std::size_t index) const {
  const base::SocketAddress& watched = watched_.at(index);
  const bool is_on_its_interface =
      is_link_local(watched) && v6(watched).sin6_scope_id == listener.interface;
  if (listener.interface != 0 && !is_on_its_interface) return std::nullopt;
  const int bound = unmapped(listener.address).family();
  const bool is_v6_socket = listener.address.family() == AF_INET6;
  if (bound == watched.family()) {
    return is_v6_socket && bound == AF_INET ? Fit::wildcard_mapped : Fit::wildcard;
  }
  if (bound == AF_INET6 && !listener.is_v6_only) return Fit::wildcard_mapped;
  return std::nullopt;
}

// The best fit of each watched one. Several sockets that fit equally well share the port
// (SO_REUSEPORT), and their queues add up. A socket that the kernel listed twice, because others
// came or went meanwhile, counts once.
std::vector<std::optional<probe::ListenQueue>> ListenerMatches::queues() {
  std::sort(matches_.begin(), matches_.end(), [](const Match& left, const Match& right) {
    return std::tie(left.index, left.fit, left.cookie) <
           std::tie(right.index, right.fit, right.cookie);
  });
  std::vector<std::optional<probe::ListenQueue>> result(watched_.size());
  const Match* previous = nullptr;
  for (const Match& match : matches_) {
    const bool is_first = previous == nullptr || previous->index != match.index;
    if (is_first) {
      result[match.index] = match.queue;
    } else if (!previous->same_place(match) || previous->cookie == match.cookie) {
      continue;
    } else {
      result[match.index]->length += match.queue.length;
      result[match.index]->limit += match.queue.limit;
    }
    previous = &match;
  }
  return result;
}

}  // namespace net
