#include "net/sock_diag_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace net {
namespace {

using Kind = DatagramEnd::Kind;
using Bytes = std::vector<std::byte>;

constexpr std::uint32_t kOurs = 7;

template <typename T>
std::string raw(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

std::string padded(std::string bytes) {
  bytes.resize((bytes.size() + 3) / 4 * 4, '\0');
  return bytes;
}

std::string attribute(unsigned short type, const std::string& value) {
  const rtattr header{.rta_len = static_cast<unsigned short>(sizeof(rtattr) + value.size()),
                      .rta_type = type};
  return padded(raw(header) + value);
}

std::string message(std::uint16_t type, const std::string& payload, std::uint16_t flags = 0,
                    std::uint32_t sequence = kOurs) {
  const nlmsghdr header{.nlmsg_len = static_cast<std::uint32_t>(sizeof(nlmsghdr) + payload.size()),
                        .nlmsg_type = type,
                        .nlmsg_flags = flags,
                        .nlmsg_seq = sequence,
                        .nlmsg_pid = 0};
  return padded(raw(header) + payload);
}

// In memory of exactly this size, so that AddressSanitizer sees a read beyond its end.
Bytes bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::string unix_payload(const std::string& attributes, std::uint8_t type = SOCK_STREAM) {
  unix_diag_msg head{};
  head.udiag_family = AF_UNIX;
  head.udiag_type = type;
  head.udiag_cookie[0] = 5;
  head.udiag_cookie[1] = 1;
  return raw(head) + attributes;
}

const std::string kQueue = attribute(UNIX_DIAG_RQLEN, raw(unix_diag_rqlen{3, 7}));

std::string tcp_payload(std::uint8_t family, const std::string& attributes) {
  inet_diag_msg head{};
  head.idiag_family = family;
  head.id.idiag_sport = htons(9000);
  head.id.idiag_src[0] = htonl(0x0a000007);
  head.id.idiag_if = 4;
  head.id.idiag_cookie[0] = 9;
  head.idiag_rqueue = 2;
  head.idiag_wqueue = 128;
  return raw(head) + attributes;
}

TEST(SockDiagMessage, ReadsAUnixListenerWithItsFile) {
  // Device 8:257 as the kernel keeps it: 12 bits, then 20.
  const Bytes payload =
      bytes_of(unix_payload(attribute(UNIX_DIAG_NAME, std::string("/run/a.sock", 12)) +
                            attribute(UNIX_DIAG_VFS, raw(unix_diag_vfs{42, 8u << 20 | 257})) +
                            kQueue + attribute(UNIX_DIAG_SHUTDOWN, std::string(1, '\0'))));
  const auto listener = parse_unix_listener(payload);
  ASSERT_TRUE(listener);
  EXPECT_TRUE(listener->is_stream);
  EXPECT_EQ(listener->device_major, 8u);
  EXPECT_EQ(listener->device_minor, 257u);
  EXPECT_EQ(listener->inode, 42u);
  EXPECT_EQ(listener->cookie, 0x1'0000'0005u);
  EXPECT_EQ(listener->queue, (probe::ListenQueue{.length = 3, .limit = 7}));
}

TEST(SockDiagMessage, AnAbstractNameKeepsEveryByte) {
  const std::string name("\0a\0b", 4);
  const Bytes payload = bytes_of(unix_payload(attribute(UNIX_DIAG_NAME, name) + kQueue));
  const auto listener = parse_unix_listener(payload);
  ASSERT_TRUE(listener);
  EXPECT_EQ(listener->name, name);
  EXPECT_EQ(listener->inode, 0u);
}

TEST(SockDiagMessage, OtherSocketTypesAreToldApart) {
  const auto listener = parse_unix_listener(bytes_of(unix_payload(kQueue, SOCK_SEQPACKET)));
  ASSERT_TRUE(listener);
  EXPECT_FALSE(listener->is_stream);
}

TEST(SockDiagMessage, ReadsATcpListener) {
  const auto listener = parse_tcp_listener(bytes_of(tcp_payload(AF_INET, "")));
  ASSERT_TRUE(listener);
  EXPECT_EQ(base::text(listener->address), "10.0.0.7:9000");
  EXPECT_EQ(listener->interface, 4u);
  EXPECT_EQ(listener->cookie, 9u);
  EXPECT_EQ(listener->queue, (probe::ListenQueue{.length = 2, .limit = 128}));
}

TEST(SockDiagMessage, AnIpv6ListenerServesIpv4OnlyWhenTheKernelSaysSo) {
  const auto is_v6_only = [](const std::string& attributes) {
    return parse_tcp_listener(bytes_of(tcp_payload(AF_INET6, attributes)))->is_v6_only;
  };
  EXPECT_FALSE(is_v6_only(attribute(INET_DIAG_SKV6ONLY, std::string(1, '\0'))));
  EXPECT_TRUE(is_v6_only(attribute(INET_DIAG_SKV6ONLY, std::string(1, '\1'))));
  EXPECT_TRUE(is_v6_only(""));
}

// Cut anywhere it is malformed, or, where an attribute ends, whole; never read beyond its end.
TEST(SockDiagMessage, EveryCutIsNoticed) {
  const std::string name =
      attribute(UNIX_DIAG_NAME, std::string("\0ab", 3));  // one byte of padding
  const std::string whole = unix_payload(name + kQueue);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_unix_listener(bytes_of(whole.substr(0, size)))) << size;
  }
  const std::string last = unix_payload(kQueue + name);
  EXPECT_TRUE(parse_unix_listener(bytes_of(last.substr(0, last.size() - 1))));
  const std::string head = tcp_payload(AF_INET6, "");
  const std::string tcp = head + attribute(INET_DIAG_SKV6ONLY, std::string(1, '\0'));
  for (std::size_t size = 0; size < tcp.size() - 3; ++size) {
    EXPECT_EQ(parse_tcp_listener(bytes_of(tcp.substr(0, size))).has_value(), size == head.size());
  }
}

TEST(SockDiagMessage, LengthsThatLieAreRefused) {
  for (const int value : {0, 3, 13, 65535}) {
    const auto length = static_cast<unsigned short>(value);
    std::string lying = kQueue;
    std::memcpy(lying.data(), &length, sizeof(length));
    EXPECT_FALSE(parse_unix_listener(bytes_of(unix_payload(lying)))) << length;
    EXPECT_FALSE(parse_tcp_listener(bytes_of(tcp_payload(AF_INET, lying)))) << length;
  }
  EXPECT_FALSE(parse_unix_listener(bytes_of(unix_payload(attribute(UNIX_DIAG_RQLEN, "1234567")))));
  EXPECT_FALSE(
      parse_unix_listener(bytes_of(unix_payload(kQueue + attribute(UNIX_DIAG_VFS, "1234567")))));
}

TEST(SockDiagMessage, ForeignFamiliesAreRefused) {
  EXPECT_FALSE(parse_tcp_listener(bytes_of(tcp_payload(AF_UNIX, ""))));
  std::string foreign = unix_payload(kQueue);
  foreign[0] = AF_INET;
  EXPECT_FALSE(parse_unix_listener(bytes_of(foreign)));
}

struct Read {
  DatagramEnd end;
  std::vector<std::string> payloads;
};

Read read(const std::string& datagram) {
  Read result;
  result.end = read_datagram(bytes_of(datagram), kOurs, [&](std::span<const std::byte> payload) {
    result.payloads.emplace_back(reinterpret_cast<const char*>(payload.data()), payload.size());
    return result.payloads.back() != "bad.";
  });
  return result;
}

TEST(SockDiagDatagram, GivesEachMessageInOrderUntilTheDumpIsOver) {
  const std::string two =
      message(SOCK_DIAG_BY_FAMILY, "one", NLM_F_MULTI) + message(SOCK_DIAG_BY_FAMILY, "two4");
  EXPECT_THAT(read(two).payloads, testing::ElementsAre("one", "two4"));
  EXPECT_EQ(read(two).end.kind, Kind::more_follows);
  const Read whole = read(two + message(NLMSG_DONE, raw(0)) + message(SOCK_DIAG_BY_FAMILY, "no"));
  EXPECT_THAT(whole.payloads, testing::ElementsAre("one", "two4"));
  EXPECT_EQ(whole.end.kind, Kind::dump_is_over);
  EXPECT_EQ(whole.end.error_number, 0);
  EXPECT_FALSE(whole.end.is_interrupted);
}

TEST(SockDiagDatagram, BothKindsOfEndTellTheirError) {
  EXPECT_EQ(read(message(NLMSG_ERROR, raw(nlmsgerr{.error = -EPERM, .msg = {}}))).end.error_number,
            EPERM);
  const Read done = read(message(NLMSG_DONE, raw(-ENOENT)));
  EXPECT_EQ(done.end.kind, Kind::dump_is_over);
  EXPECT_EQ(done.end.error_number, ENOENT);
  EXPECT_EQ(read(message(NLMSG_DONE, "")).end.error_number, 0);
  EXPECT_EQ(read(message(NLMSG_ERROR, raw(INT32_MIN))).end.kind, Kind::malformed);
}

TEST(SockDiagDatagram, AnInterruptedDumpIsToldByAnyOfItsMessages) {
  EXPECT_TRUE(read(message(SOCK_DIAG_BY_FAMILY, "one", NLM_F_DUMP_INTR)).end.is_interrupted);
  EXPECT_TRUE(read(message(NLMSG_DONE, raw(0), NLM_F_DUMP_INTR)).end.is_interrupted);
}

TEST(SockDiagDatagram, AnswersToOthersAreLeftOut) {
  const Read others = read(message(SOCK_DIAG_BY_FAMILY, "not ours", 0, kOurs + 1) +
                           message(NLMSG_DONE, raw(-EPERM), 0, kOurs + 1) +
                           message(NLMSG_NOOP, "") + message(SOCK_DIAG_BY_FAMILY, "ours"));
  EXPECT_THAT(others.payloads, testing::ElementsAre("ours"));
  EXPECT_EQ(others.end.kind, Kind::more_follows);
}

TEST(SockDiagDatagram, WhatCannotBeReadEndsIt) {
  const std::string good = message(SOCK_DIAG_BY_FAMILY, "good");
  EXPECT_EQ(read(good + message(SOCK_DIAG_BY_FAMILY, "bad.") + good).end.kind, Kind::malformed);
  for (std::size_t size = 1; size < good.size(); ++size) {
    EXPECT_EQ(read(good + good.substr(0, size)).end.kind, Kind::malformed) << size;
  }
  for (const std::uint32_t length : {0u, 15u, 21u, 0xffff'ffffu}) {
    std::string lying = good;
    std::memcpy(lying.data(), &length, sizeof(length));
    EXPECT_EQ(read(lying).end.kind, Kind::malformed) << length;
  }
}

}  // namespace
}  // namespace net
