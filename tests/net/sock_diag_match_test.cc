#include "net/sock_diag_match.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace net {
namespace {

using probe::ListenQueue;
using std::nullopt;

base::SocketAddress tcp(const std::string& ip, std::uint16_t port, std::uint32_t scope = 0) {
  in_addr v4{};
  if (inet_pton(AF_INET, ip.c_str(), &v4) == 1) return base::socket_address(AF_INET, &v4, port);
  in6_addr v6{};
  EXPECT_EQ(inet_pton(AF_INET6, ip.c_str(), &v6), 1) << ip;
  base::SocketAddress address = base::socket_address(AF_INET6, &v6, port);
  reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_scope_id = scope;
  return address;
}

base::SocketAddress unix_path(const std::string& path) {
  return base::socket_address({.transport = base::Transport::unix_socket, .path = path}).value();
}

WatchedListeners watching(std::vector<base::SocketAddress> listeners) {
  std::vector<Listener> sorted;
  for (const base::SocketAddress& listener : listeners) {
    sorted.push_back(std::make_shared<const base::SocketAddress>(canonical(listener)));
  }
  std::sort(sorted.begin(), sorted.end(), BytesLess{});
  return WatchedListeners(std::move(sorted));
}

struct Socket {
  std::string ip;
  std::uint32_t length = 1;
  bool is_v6_only = false;
  std::uint32_t interface = 0;
  std::uint64_t cookie = 0;  // 0: one of its own
};

// What is found for the watched local address on port 9000, when these sockets listen there.
std::optional<ListenQueue> found(const base::SocketAddress& watched,
                                 const std::vector<Socket>& sockets) {
  const WatchedListeners listeners = watching({watched});
  ListenerMatches matches(listeners);
  matches.set_local(0);
  std::uint64_t own_cookie = 1000;
  for (const Socket& socket : sockets) {
    matches.show(TcpListener{.address = tcp(socket.ip, 9000),
                             .interface = socket.interface,
                             .is_v6_only = socket.is_v6_only,
                             .cookie = socket.cookie != 0 ? socket.cookie : own_cookie--,
                             .queue = {.length = socket.length, .limit = 10}});
  }
  return matches.queues().at(0);
}

std::optional<ListenQueue> found(const std::string& watched, const std::vector<Socket>& sockets) {
  return found(tcp(watched, 9000), sockets);
}

ListenQueue queue(std::uint32_t length, std::uint32_t limit = 10) {
  return {.length = length, .limit = limit};
}

TEST(Canonical, OneFormForOneListener) {
  const auto same = [](const base::SocketAddress& left, const base::SocketAddress& right) {
    return canonical(left) == canonical(right);
  };
  EXPECT_TRUE(same(tcp("0.0.0.0", 1), tcp("127.0.0.1", 1)));
  EXPECT_TRUE(same(tcp("::", 1), tcp("::1", 1)));
  EXPECT_TRUE(same(tcp("::ffff:10.0.0.7", 1), tcp("10.0.0.7", 1)));
  EXPECT_TRUE(same(tcp("::ffff:0.0.0.0", 1), tcp("127.0.0.1", 1)));
  EXPECT_TRUE(same(tcp("fd00::1", 1, 3), tcp("fd00::1", 1)));
  EXPECT_FALSE(same(tcp("fe80::1", 1, 3), tcp("fe80::1", 1, 4)));
  EXPECT_FALSE(same(tcp("127.0.0.1", 1), tcp("127.0.0.1", 2)));
  EXPECT_FALSE(same(tcp("127.0.0.1", 1), tcp("::1", 1)));
  EXPECT_FALSE(same(unix_path("@a"), unix_path("/a")));
  EXPECT_FALSE(same(unix_path("@a"), unix_path("@aa")));
  base::SocketAddress whole = unix_path("/run/a.sock");
  whole.size = sizeof(sockaddr_un);
  EXPECT_TRUE(same(whole, unix_path("/run/a.sock")));
}

TEST(WatchedListeners, FindsEachOfMany) {
  std::vector<base::SocketAddress> many;
  for (std::uint16_t port = 1; port <= 1000; ++port) {
    many.push_back(tcp("127.0.0.1", port));
    many.push_back(tcp("::1", port));
    many.push_back(unix_path("@" + std::to_string(port)));
  }
  const WatchedListeners watched = watching(many);
  ASSERT_EQ(watched.size(), many.size());
  for (const base::SocketAddress& address : many) {
    const auto index = watched.find(canonical(address));
    ASSERT_TRUE(index) << base::text(address);
    EXPECT_EQ(watched.at(*index), canonical(address));
  }
  EXPECT_FALSE(watched.find(tcp("127.0.0.1", 1001)));
}

TEST(ListenerMatches, TheExactAddressComesBeforeTheWildcard) {
  EXPECT_EQ(found("127.0.0.1", {{"127.0.0.1", 3}}), queue(3));
  EXPECT_EQ(found("127.0.0.1", {{"0.0.0.0", 1}, {"127.0.0.1", 3}, {"::", 2}}), queue(3));
  EXPECT_EQ(found("127.0.0.1", {{"127.0.0.2", 3}}), nullopt);
  EXPECT_EQ(found("127.0.0.1", {{"127.0.0.2", 3}, {"0.0.0.0", 4}}), queue(4));
  EXPECT_EQ(found("::1", {{"::", 1}, {"::1", 3}}), queue(3));
}

TEST(ListenerMatches, AnIpv6WildcardServesIpv4UnlessItIsForIpv6Only) {
  EXPECT_EQ(found("127.0.0.1", {{"::", 5}}), queue(5));
  EXPECT_EQ(found("127.0.0.1", {{.ip = "::", .length = 5, .is_v6_only = true}}), nullopt);
  EXPECT_EQ(found("127.0.0.1", {{"::", 5}, {"0.0.0.0", 6}}), queue(6));
  EXPECT_EQ(found("::1", {{.ip = "::", .length = 5, .is_v6_only = true}, {"0.0.0.0", 6}}),
            queue(5));
  EXPECT_EQ(found("::1", {{"0.0.0.0", 6}}), nullopt);
}

TEST(ListenerMatches, AnIpv6SocketBoundToAMappedAddressServesIpv4) {
  EXPECT_EQ(found("127.0.0.1", {{"::ffff:127.0.0.1", 5}}), queue(5));
  EXPECT_EQ(found("127.0.0.1", {{"::ffff:127.0.0.1", 5}, {"0.0.0.0", 6}}), queue(5));
  EXPECT_EQ(found("127.0.0.1", {{"::ffff:0.0.0.0", 5}}), queue(5));
  EXPECT_EQ(found("::1", {{"::ffff:0.0.0.0", 5}}), nullopt);
}

TEST(ListenerMatches, SocketsThatShareThePortAddUp) {
  EXPECT_EQ(found("127.0.0.1", {{"127.0.0.1", 1}, {"0.0.0.0", 9}, {"127.0.0.1", 2}}), queue(3, 20));
  EXPECT_EQ(found("127.0.0.1", {{"::", 9}, {"0.0.0.0", 1}, {"0.0.0.0", 2}, {"0.0.0.0", 3}}),
            queue(6, 30));
}

TEST(ListenerMatches, ASocketThatIsListedTwiceCountsOnce) {
  EXPECT_EQ(found("127.0.0.1", {{.ip = "127.0.0.1", .length = 4, .cookie = 7},
                                {.ip = "127.0.0.1", .length = 1, .cookie = 8},
                                {.ip = "127.0.0.1", .length = 4, .cookie = 7}}),
            queue(5, 20));
}

TEST(ListenerMatches, LinkLocalAddressesNeedTheirInterface) {
  const auto watched = tcp("fe80::1", 9000, 3);
  EXPECT_EQ(found(watched, {{.ip = "fe80::1", .length = 2, .interface = 3}}), queue(2));
  EXPECT_EQ(found(watched, {{.ip = "fe80::1", .length = 2, .interface = 4}}), nullopt);
  EXPECT_EQ(found(watched, {{.ip = "::", .length = 2, .interface = 3}}), queue(2));
  EXPECT_EQ(found(watched, {{.ip = "::", .length = 2, .interface = 4}}), nullopt);
  EXPECT_EQ(found(watched, {{"::", 2}}), queue(2));
}

TEST(ListenerMatches, SocketsForOneInterfaceAreNotKnownToServeUs) {
  EXPECT_EQ(found("127.0.0.1", {{.ip = "127.0.0.1", .interface = 3}}), nullopt);
  EXPECT_EQ(found("127.0.0.1", {{.ip = "0.0.0.0", .interface = 3}}), nullopt);
}

TEST(ListenerMatches, AnAddressOfAnotherMachineIsNeverFound) {
  const WatchedListeners listeners = watching({tcp("192.0.2.1", 9000), tcp("127.0.0.1", 9000)});
  ListenerMatches matches(listeners);
  matches.set_local(*listeners.find(tcp("127.0.0.1", 9000)));
  for (const char* ip : {"192.0.2.1", "0.0.0.0", "::"}) {
    matches.show(TcpListener{.address = tcp(ip, 9000), .is_v6_only = false, .cookie = 1});
  }
  const auto queues = matches.queues();
  EXPECT_FALSE(queues.at(*listeners.find(tcp("192.0.2.1", 9000))));
  EXPECT_TRUE(queues.at(*listeners.find(tcp("127.0.0.1", 9000))));
}

TEST(ListenerMatches, AUnixSocketIsKnownByItsFileUnderAllItsPaths) {
  const WatchedListeners listeners =
      watching({unix_path("/a"), unix_path("/link"), unix_path("/b"), unix_path("/other")});
  ListenerMatches matches(listeners);
  const auto set_file = [&](const char* path, unsigned minor_number, ino_t inode) {
    struct stat file {};
    file.st_dev = makedev(259, minor_number);
    file.st_ino = inode;
    matches.set_file(*listeners.find(canonical(unix_path(path))), file);
  };
  set_file("/a", 300, 0x9'0000'0007);  // the kernel tells 32 bits of it
  set_file("/link", 300, 0x9'0000'0007);
  set_file("/b", 301, 7);
  set_file("/other", 300, 8);
  matches.sort_files();
  matches.show({.is_stream = true,
                .device_major = 259,
                .device_minor = 300,
                .inode = 7,
                .name = "/somewhere/else",
                .queue = queue(4)});
  const auto queues = matches.queues();
  const auto queue_at = [&](const char* path) {
    return queues.at(*listeners.find(canonical(unix_path(path))));
  };
  EXPECT_EQ(queue_at("/a"), queue(4));
  EXPECT_EQ(queue_at("/link"), queue(4));
  EXPECT_EQ(queue_at("/b"), nullopt);
  EXPECT_EQ(queue_at("/other"), nullopt);
}

TEST(ListenerMatches, AnAbstractNameIsKnownByItsBytesAndType) {
  const WatchedListeners listeners = watching({unix_path("@a")});
  const auto shown = [&](const std::string& name, bool is_stream) {
    ListenerMatches matches(listeners);
    matches.show({.is_stream = is_stream, .name = name, .queue = queue(4)});
    return matches.queues().at(0);
  };
  EXPECT_EQ(shown(std::string("\0a", 2), true), queue(4));
  EXPECT_EQ(shown(std::string("\0a", 2), false), nullopt);
  EXPECT_EQ(shown(std::string("\0a\0", 3), true), nullopt);
  EXPECT_EQ(shown(std::string("a\0", 2), true), nullopt);
  EXPECT_EQ(shown(std::string("\0", 1) + std::string(200, 'a'), true), nullopt);
}

TEST(ListenerMatches, WhatADumpThatIsRepeatedShowedIsForgotten) {
  const WatchedListeners listeners = watching({unix_path("@a")});
  ListenerMatches matches(listeners);
  const std::size_t before = matches.size();
  matches.show({.is_stream = true, .name = std::string_view("\0a", 2), .queue = queue(4)});
  matches.cut_back_to(before);
  EXPECT_EQ(matches.queues().at(0), nullopt);
}

TEST(LocalAddresses, AreTheLoopbackOnesAndThoseOfTheInterfaces) {
  const LocalAddresses local;
  EXPECT_TRUE(local.has(tcp("127.0.0.1", 9000)));
  EXPECT_TRUE(local.has(tcp("127.255.3.4", 9000)));
  EXPECT_TRUE(local.has(tcp("::1", 9000)));
  EXPECT_FALSE(local.has(tcp("192.0.2.1", 9000)));
  EXPECT_FALSE(local.has(tcp("2001:db8::1", 9000)));
  EXPECT_FALSE(local.has(tcp("128.0.0.1", 9000)));
  ifaddrs* first = nullptr;
  ASSERT_EQ(getifaddrs(&first), 0);
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    const int family = entry->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    base::SocketAddress address;
    address.size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    std::memcpy(&address.storage, entry->ifa_addr, address.size);
    EXPECT_TRUE(local.has(canonical(address))) << base::text(address);
  }
  freeifaddrs(first);
}

}  // namespace
}  // namespace net
