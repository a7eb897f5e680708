#include "base/address.h"

#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <string>
#include <vector>

namespace base {
namespace {

const std::string kLongestPath = "/" + std::string(106, 'p');

TEST(ParseAddress, ReadsEveryFormAndWritesTheOneForm) {
  struct Case {
    std::string text, want;
  };
  const std::vector<Case> cases = {
      {"tcp://10.0.0.7:9000", "tcp://10.0.0.7:9000"},
      {"10.0.0.7:9000", "tcp://10.0.0.7:9000"},
      {"[::1]:9000", "tcp://[::1]:9000"},
      {"tcp://[::1]:9000", "tcp://[::1]:9000"},
      {"[fe80::1%eth0]:9000", "tcp://[fe80::1%eth0]:9000"},
      {"[fe80::1%2]:1", "tcp://[fe80::1%2]:1"},
      {"php.default.svc:65535", "tcp://php.default.svc:65535"},
      {"my_pool-1.example.:9000", "tcp://my_pool-1.example.:9000"},
      {std::string(253, 'n') + ":1", "tcp://" + std::string(253, 'n') + ":1"},
      {"unix:/run/php/www.sock", "unix:/run/php/www.sock"},
      {"unix:///run/php/www.sock", "unix:/run/php/www.sock"},
      {"/run/php/www.sock", "unix:/run/php/www.sock"},
      {"unix:////run/php/www.sock", "unix:////run/php/www.sock"},
      {"//run/php/www.sock", "unix:////run/php/www.sock"},
      {"unix:/run/a b:c", "unix:/run/a b:c"},
      {"unix:@fpm", "unix:@fpm"},
      {"@fpm", "unix:@fpm"},
      {"@" + std::string(107, 'a'), "unix:@" + std::string(107, 'a')},
      {kLongestPath, "unix:" + kLongestPath},
  };
  for (const Case& c : cases) {
    const Result<Address> got = parse_address(c.text);
    ASSERT_TRUE(got.has_value()) << c.text << ": " << got.error();
    EXPECT_EQ(got->text(), c.want);
    EXPECT_EQ(*parse_address(got->text()), *got) << c.text;
  }
}

TEST(ParseAddress, KeepsTheParts) {
  const Address v6 = *parse_address("tcp://[fe80::1%eth0]:9000");
  EXPECT_EQ(v6.transport, Transport::tcp);
  EXPECT_EQ(v6.host, "fe80::1%eth0");
  EXPECT_EQ(v6.port, 9000);
  const Address abstract = *parse_address("@fpm");
  EXPECT_EQ(abstract.transport, Transport::unix_socket);
  EXPECT_EQ(abstract.path, "@fpm");
  EXPECT_EQ(label(v6.transport), "tcp");
  EXPECT_EQ(label(abstract.transport), "unix");
}

struct Bad {
  std::string text, want;
};

const std::vector<Bad> kBad = {
    {"", "the address is empty: write HOST:PORT or \"unix:/run/php/www.sock\""},
    {"localhost",
     "\"localhost\" has no port: write HOST:PORT, as in \"10.0.0.7:9000\", or "
     "\"unix:/run/php/www.sock\" for a "
     "unix socket"},
    {"9000",
     "\"9000\" has no port: write HOST:PORT, as in \"10.0.0.7:9000\", or "
     "\"unix:/run/php/www.sock\" for a unix "
     "socket"},
    {":9000", "\":9000\" has no host: write HOST:PORT, as in \"10.0.0.7:9000\""},
    {"tcp://:9000", "\":9000\" has no host: write HOST:PORT, as in \"10.0.0.7:9000\""},
    {"::1:9000",
     "\"::1:9000\" has more than one ':'; an IPv6 address stands in brackets, as in "
     "\"[::1]:9000\""},
    {"[::1]", "\"[::1]\" has no port, as in \"[::1]:9000\""},
    {"[::1]9000", "\"[::1]9000\" has no port, as in \"[::1]:9000\""},
    {"[::1:9000", "\"[::1:9000\" lacks the closing bracket, as in \"[::1]:9000\""},
    {"[]:9000",
     "\"\" is not an IPv6 address: between brackets stands one, as in \"[::1]:9000\" or "
     "\"[fe80::1%eth0]:9000\""},
    {"[10.0.0.7]:9000",
     "\"10.0.0.7\" is not an IPv6 address: between brackets stands one, as in \"[::1]:9000\" or "
     "\"[fe80::1%eth0]:9000\""},
    {"[fe80::1%]:9000",
     "\"fe80::1%\" is not an IPv6 address: between brackets stands one, as in \"[::1]:9000\" or "
     "\"[fe80::1%eth0]:9000\""},
    {"[fe80::1%interface-of-16b]:9000",
     "\"fe80::1%interface-of-16b\" is not an IPv6 address: between brackets stands one, as in "
     "\"[::1]:9000\" or "
     "\"[fe80::1%eth0]:9000\""},
    {std::string("[::1\0]:9000", 11),
     "\"::1\xEF\xBF\xBD\" is not an IPv6 address: between brackets stands one, as in "
     "\"[::1]:9000\" or "
     "\"[fe80::1%eth0]:9000\""},
    {"h:0", "\"0\" is not a port: it is a number from 1 to 65535, as in \"10.0.0.7:9000\""},
    {"h:65536", "\"65536\" is not a port: it is a number from 1 to 65535, as in \"10.0.0.7:9000\""},
    {"h:", "\"\" is not a port: it is a number from 1 to 65535, as in \"10.0.0.7:9000\""},
    {"h:+80", "\"+80\" is not a port: it is a number from 1 to 65535, as in \"10.0.0.7:9000\""},
    {"h: 80", "\" 80\" is not a port: it is a number from 1 to 65535, as in \"10.0.0.7:9000\""},
    {"tcp://h:80/status",
     "\"80/status\" is not a port: it is a number from 1 to 65535, as in \"10.0.0.7:9000\""},
    {"h:99999999999999999999999",
     "\"99999999999999999999999\" is not a port: it is a number from 1 to 65535, as in "
     "\"10.0.0.7:9000\""},
    {"bad host:80",
     "\"bad host\" is not a host: a name has only letters, digits, '-', '.' and '_'"},
    {"b\xC3\xBC"
     "cher.example:80",
     "\"b\xC3\xBC"
     "cher.example\" is not a host: a name has only letters, digits, '-', '.' and '_'"},
    {std::string("h\0st:80", 7),
     "\"h\xEF\xBF\xBDst\" is not a host: a name has only letters, digits, '-', '.' and '_'"},
    {std::string("10.0.0.7\0:80", 12),
     "\"10.0.0.7\xEF\xBF\xBD\" is not a host: a name has only letters, digits, '-', '.' and '_'"},
    {std::string(254, 'n') + ":80", "the name of a host has at most 253 bytes"},
    {"10.0.0.300:80",
     "\"10.0.0.300\" is not an IPv4 address: it has four numbers up to 255, as in \"10.0.0.7\""},
    {"10.1:80",
     "\"10.1\" is not an IPv4 address: it has four numbers up to 255, as in \"10.0.0.7\""},
    {"http://h:80",
     "\"http://h:80\" is neither tcp nor unix: write \"tcp://HOST:PORT\" or \"unix:/PATH\""},
    {"unix:",
     "\"\" is not the whole path of a socket: write it from the root, as in "
     "\"unix:/run/php/www.sock\", or "
     "\"unix:@name\" for an abstract name"},
    {"unix:run/x.sock",
     "\"run/x.sock\" is not the whole path of a socket: write it from the root, as in "
     "\"unix:/run/php/www.sock\", or "
     "\"unix:@name\" for an abstract name"},
    {"unix://run/x.sock",
     "\"unix://run/x.sock\" has two slashes: write one or three, as in \"unix:/run/php/www.sock\""},
    {"/", "\"/\" lacks the name of a socket"},
    {"@", "\"@\" lacks the name of a socket"},
    {"unix:/run/php/", "\"/run/php/\" lacks the name of a socket"},
    {"/run/\xFFx", "\"/run/\xEF\xBF\xBDx\" holds a NUL byte, a control character or broken UTF-8"},
    {std::string("/run/a\0b", 8),
     "\"/run/a\xEF\xBF\xBD"
     "b\" holds a NUL byte, a control character or broken UTF-8"},
    {"/run/a\nb", "\"/run/a b\" holds a NUL byte, a control character or broken UTF-8"},
    {kLongestPath + "p",
     "\"" + kLongestPath +
         "p\" is too long: the kernel takes at most 107 bytes; use a shorter path or a symbolic "
         "link"},
    {"@" + std::string(1'000'000, 'a'),
     "\"@" + std::string(119, 'a') +
         "...\" is too long: the kernel takes at most 107 bytes; use a shorter path or a "
         "symbolic link"},
};

TEST(ParseAddress, SaysWhatIsWrongAndShowsARightForm) {
  for (const Bad& bad : kBad) {
    const Result<Address> got = parse_address(bad.text);
    ASSERT_FALSE(got.has_value()) << bad.text;
    EXPECT_EQ(got.error(), bad.want);
  }
}

TEST(ParseListenAddress, AlsoTakesAnyHostAndAnyPort) {
  EXPECT_EQ(parse_listen_address(":9253")->text(), "tcp://:9253");
  EXPECT_EQ(parse_listen_address("127.0.0.1:0")->port, 0);
  EXPECT_EQ(parse_listen_address("[::]:0")->host, "::");
  EXPECT_EQ(parse_listen_address("unix:/run/exporter.sock")->path, "/run/exporter.sock");
  EXPECT_EQ(parse_listen_address(":99999").error(),
            "\"99999\" is not a port: it is a number from 0 to 65535, as in \"10.0.0.7:9000\"");
}

TEST(SocketAddressOf, IsWhatTheKernelTakes) {
  for (const auto& [address, shown] : std::vector<std::pair<std::string, std::string>>{
           {"10.0.0.7:9000", "10.0.0.7:9000"},
           {"[::1]:9000", "[::1]:9000"},
           {"[2001:DB8:0::7]:9000", "[2001:db8::7]:9000"},
           {"[fe80::1%lo]:9000", "[fe80::1%lo]:9000"},
           {"[fe80::1%4294967295]:9000", "[fe80::1%4294967295]:9000"},
           {"/run/php/www.sock", "/run/php/www.sock"},
           {kLongestPath, kLongestPath},
           {"@fpm", "@fpm"},
           {"@" + std::string(107, 'a'), "@" + std::string(107, 'a')}}) {
    const auto got = socket_address(*parse_address(address));
    ASSERT_TRUE(got.has_value()) << address;
    EXPECT_EQ(text(*got), shown);
  }
}

TEST(SocketAddressOf, NamesNeedALookup) {
  for (const char* address : {"localhost:9000", "php.example:9000"}) {
    EXPECT_FALSE(socket_address(*parse_address(address)).has_value()) << address;
  }
}

TEST(SocketAddressOf, AnInterfaceThatIsNotThereHasNone) {
  for (const char* address :
       {"[fe80::1%no-such-if]:9000", "[fe80::1%0]:9000", "[fe80::1%4294967296]:1"}) {
    EXPECT_FALSE(socket_address(*parse_address(address)).has_value()) << address;
  }
}

TEST(SocketAddressOf, AnUncheckedPathThatIsTooLongHasNone) {
  EXPECT_FALSE(
      socket_address(Address{.transport = Transport::unix_socket, .path = kLongestPath + "p"}));
  EXPECT_FALSE(socket_address(Address{.transport = Transport::unix_socket, .path = ""}));
}

TEST(SocketAddressOf, UnixNamesHaveTheirExactSize) {
  const std::size_t header = offsetof(sockaddr_un, sun_path);
  const auto path = *socket_address(*parse_address("/run/x"));
  EXPECT_EQ(path.size, header + 7);
  const auto abstract = *socket_address(*parse_address("@x"));
  EXPECT_EQ(abstract.size, header + 2);
  EXPECT_EQ(reinterpret_cast<const sockaddr_un*>(abstract.get())->sun_path[0], '\0');
}

TEST(SocketAddressOf, AnEmptyHostIsAnyOfBothFamilies) {
  EXPECT_EQ(text(*socket_address(*parse_listen_address(":80"))), "[::]:80");
}

TEST(SocketAddressOf, TheScopeIsTheInterface) {
  const auto got = *socket_address(*parse_address("[fe80::1%lo]:9000"));
  EXPECT_EQ(reinterpret_cast<const sockaddr_in6*>(got.get())->sin6_scope_id, if_nametoindex("lo"));
}

TEST(SocketAddressOf, LookedUpBytes) {
  const unsigned char v4[] = {192, 0, 2, 1};
  const unsigned char v6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5};
  EXPECT_EQ(text(socket_address(AF_INET, v4, 9000)), "192.0.2.1:9000");
  EXPECT_EQ(text(socket_address(AF_INET6, v6, 9000)), "[2001:db8::5]:9000");
}

TEST(SocketAddressOf, EqualWhenFamilyAddressAndPortAre) {
  const auto of = [](const char* address) { return *socket_address(*parse_address(address)); };
  EXPECT_EQ(of("10.0.0.7:9000"), of("tcp://10.0.0.7:9000"));
  EXPECT_FALSE(of("10.0.0.7:9000") == of("10.0.0.7:9001"));
  EXPECT_FALSE(of("[::1]:9000") == of("[::2]:9000"));
  EXPECT_FALSE(of("/run/x") == of("@run/x"));
  EXPECT_FALSE(of("/run/x") == of("/run/xy"));
}

TEST(TextOfSocketAddress, NothingForgesALogLine) {
  SocketAddress odd = *socket_address(*parse_address("@ab"));
  reinterpret_cast<sockaddr_un*>(&odd.storage)->sun_path[1] = '\n';
  EXPECT_EQ(text(odd), "@ b");
  odd.size = offsetof(sockaddr_un, sun_path);
  EXPECT_EQ(text(odd), "unnamed");
  EXPECT_EQ(text(SocketAddress{}), "unknown");
}

}  // namespace
}  // namespace base
