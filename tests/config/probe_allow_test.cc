#include "config/probe_allow.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace config {
namespace {

bool allows(const std::string& entry, const std::string& asked) {
  const auto address = base::parse_address(asked);
  return address && ProbeAllow({entry}).allows(*address);
}

struct AllowCase {
  std::string entry;
  std::string asked;
  bool is_allowed;
};

void PrintTo(const AllowCase& test, std::ostream* out) {
  *out << test.entry << " asked for " << test.asked;
}

class ProbeAllowTest : public testing::TestWithParam<AllowCase> {};

TEST_P(ProbeAllowTest, AllowsWhatItSaysAndNothingElse) {
  ASSERT_EQ(probe_allow_problem(GetParam().entry), "");
  EXPECT_EQ(allows(GetParam().entry, GetParam().asked), GetParam().is_allowed);
}

const AllowCase kPaths[] = {
    {"unix:/run/php/*.sock", "unix:/run/php/www.sock", true},
    {"unix:/run/php/*.sock", "/run/php/www.sock", true},
    {"/run/php/*.sock", "unix:///run/php/www.sock", true},
    {"unix:///run/php/*.sock", "/run/php/www.sock", true},
    {"unix:/run/php/*.sock", "/run/php/www.socket", false},
    {"unix:/run/php/*.sock", "/run/php/x/www.sock", false},
    {"unix:/run/php/*", "/run/php/x/www.sock", false},
    {"unix:/run/*/www.sock", "/run/php/www.sock", true},
    {"unix:/run/*/www.sock", "/run/../www.sock", false},
    {"unix:/run/php/*.sock", "/run/php/../docker.sock", false},
    {"unix:/run/*/*.sock", "/run/php/../docker.sock", false},
    {"unix:/run/*/*/*.sock", "/run/php/../docker.sock", false},
    {"unix:/run/php/*.sock", "/run/php//www.sock", false},
    {"unix:/run/php/*.sock", "//run/php/www.sock", false},
    {"unix:/run/php/*.sock", "/run/./php/www.sock", false},
    {"unix:/run/php/*", "/run/php/.", false},
    {"unix:/run/php/*", "/run/php/..", false},
    {"unix:/run/php/*", "/run/php/", false},
    {"unix:/run/php/*.sock", "/run/php/.hidden.sock", false},
    {"unix:/run/php/www?.sock", "/run/php/www1.sock", true},
    {"unix:/run/php?www.sock", "/run/php/www.sock", false},
    {"unix:/run/php[/]www.sock", "/run/php/www.sock", false},
    {"unix:/run/php/*.sock", "/RUN/php/www.sock", false},
    {"unix:/run/php/www.sock", "/run/php/www%2esock", false},
    {"unix:/*.sock", "unix:@www.sock", false},
    {"unix:@php-*", "unix:@php-www", true},
    {"@php-*", "@php-www", true},
    {"@php-*", "@other", false},
    {"@php-*", "/php-www", false},
    {"@php-*", "@php-/x", false},
    {"unix:/run/php/*.sock", "127.0.0.1:9000", false},
};
INSTANTIATE_TEST_SUITE_P(Paths, ProbeAllowTest, testing::ValuesIn(kPaths));

const AllowCase kNetworks[] = {
    {"10.0.0.0/8:9000", "10.1.2.3:9000", true},
    {"10.0.0.0/8:9000", "tcp://10.255.255.255:9000", true},
    {"10.0.0.0/8:9000", "11.0.0.0:9000", false},
    {"10.0.0.0/8:9000", "10.1.2.3:9001", false},
    {"10.0.0.0/8:9000-9010", "10.1.2.3:9010", true},
    {"10.0.0.0/8:9000-9010", "10.1.2.3:9011", false},
    {"10.0.0.0/8:*", "10.1.2.3:1", true},
    {"10.0.0.0/8:*", "10.1.2.3:65535", true},
    {"10.0.0.7:9000", "10.0.0.7:9000", true},
    {"10.0.0.7:9000", "10.0.0.6:9000", false},
    {"172.16.0.0/12:9000", "172.31.255.255:9000", true},
    {"172.16.0.0/12:9000", "172.32.0.0:9000", false},
    {"10.0.0.6/31:9000", "10.0.0.7:9000", true},
    {"10.0.0.6/31:9000", "10.0.0.8:9000", false},
    {"0.0.0.0/0:9000", "127.0.0.1:9000", true},
    {"10.0.0.0/8:9000", "127.0.0.1:9000", false},
    {"10.0.0.0/8:9000", "0.0.0.0:9000", false},
    {"10.0.0.0/8:9000", "169.254.169.254:9000", false},
    // IPv6, and what it may hide.
    {"[fd00::]/8:9000", "[fd12::1]:9000", true},
    {"[fd00::/8]:9000", "[fd12::1]:9000", true},
    {"[fd00::/8]:9000", "[fe80::1]:9000", false},
    {"[fd00::/8]:9000", "[::1]:9000", false},
    {"[::1]:9000", "[::1]:9000", true},
    {"[::1]:9000", "[0:0:0:0:0:0:0:1]:9000", true},
    {"10.0.0.0/8:9000", "[::1]:9000", false},
    {"10.0.0.0/8:9000", "[::]:9000", false},
    {"10.0.0.0/8:9000", "[::ffff:10.0.0.7]:9000", true},
    {"10.0.0.0/8:9000", "[::ffff:127.0.0.1]:9000", false},
    {"10.0.0.0/8:9000", "[::ffff:7f00:1]:9000", false},
    {"10.0.0.0/8:9000", "[::10.0.0.7]:9000", false},
    {"10.0.0.0/8:9000", "[64:ff9b::10.0.0.7]:9000", false},
    {"[::/0]:9000", "[::ffff:127.0.0.1]:9000", false},
    {"[fe80::/10]:9000", "[fe80::1%lo]:9000", true},
    // Other ways to write 127.0.0.1 and 10.0.0.7: none of them is an address for us.
    {"0.0.0.0/0:*", "2130706433:9000", false},
    {"0.0.0.0/0:*", "127.1:9000", false},
    {"0.0.0.0/0:*", "0177.0.0.1:9000", false},
    {"0.0.0.0/0:*", "0x7f.0.0.1:9000", false},
    {"0.0.0.0/0:*", "0x7f000001:9000", false},
    {"0.0.0.0/0:*", "127.0.0.1.:9000", false},
    {"0.0.0.0/0:*", "user@127.0.0.1:9000", false},
    {"0.0.0.0/0:*", "127.0.0.1:9000@10.0.0.7:9000", false},
    {"0.0.0.0/0:*", "127.0.0.1:0", false},
    {"0.0.0.0/0:*", "127.0.0.1:65536", false},
    {"0.0.0.0/0:*", "127.0.0.1:-1", false},
    {"0.0.0.0/0:*", "127.0.0.1:+80", false},
    {"0.0.0.0/0:*", "127.0.0.1: 80", false},
    {"0.0.0.0/0:*", "127.0.0.1:80/x", false},
    {"0.0.0.0/0:*", "http://127.0.0.1:80", false},
    {"0.0.0.0/0:*", "localhost:9000", false},
};
INSTANTIATE_TEST_SUITE_P(Networks, ProbeAllowTest, testing::ValuesIn(kNetworks));

const AllowCase kHosts[] = {
    {"php.default.svc:9000", "php.default.svc:9000", true},
    {"php.default.svc:9000", "PHP.default.SVC:9000", true},
    {"php.default.svc:9000", "php.default.svc.:9000", true},
    {"php.default.svc.:9000", "php.default.svc:9000", true},
    {"php.default.svc:9000", "php.default.svc:9001", false},
    {"php.default.svc:9000", "php.default.svc.evil.example:9000", false},
    {"php.default.svc:9000", "x.php.default.svc:9000", false},
    {"php.default.svc:9000", "php-default.svc:9000", false},
    {"localhost:*", "localhost:22", true},
    {"localhost:9000", "127.0.0.1:9000", false},
    {"127.0.0.1:9000", "localhost:9000", false},
};
INSTANTIATE_TEST_SUITE_P(Hosts, ProbeAllowTest, testing::ValuesIn(kHosts));

TEST(ProbeAllow, AllowsNothingByDefault) {
  for (const char* text : {"127.0.0.1:9000", "[::1]:9000", "unix:/run/x.sock", "@x", "php:9000"}) {
    EXPECT_FALSE(ProbeAllow().allows(*base::parse_address(text))) << text;
  }
}

// A name that may be looked up is not yet an address that may be asked.
TEST(ProbeAllow, AnEntryWithANameAllowsNoAddress) {
  const ProbeAllow allow({"php.default.svc:9000", "10.0.0.0/8:9000"});
  EXPECT_TRUE(allow.allows(*base::parse_address("php.default.svc:9000")));
  EXPECT_TRUE(allow.allows(*base::socket_address(*base::parse_address("10.0.0.7:9000"))));
  EXPECT_FALSE(allow.allows(*base::socket_address(*base::parse_address("127.0.0.1:9000"))));
  EXPECT_FALSE(allow.allows(*base::socket_address(*base::parse_address("unix:/run/x.sock"))));
}

TEST(ProbeAllow, TheEntryThatIsProposedAllowsTheAddress) {
  for (const char* text :
       {"127.0.0.1:9000", "[::1]:9000", "unix:/run/x.sock", "@x", "php:9000", "tcp://unix:9000"}) {
    const base::Address address = *base::parse_address(text);
    EXPECT_TRUE(ProbeAllow({entry_for(address)}).allows(address)) << entry_for(address);
  }
}

TEST(ProbeAllow, TheEntryThatIsProposedAllowsNothingElse) {
  for (const char* path : {"unix:/run/[a].sock", "unix:/run/*.sock", "unix:/run/?", "unix:/run/\\a",
                           "unix:@[!a]", "unix:/run/a]"}) {
    const base::Address address = *base::parse_address(path);
    const ProbeAllow allow({entry_for(address)});
    EXPECT_TRUE(allow.allows(address)) << entry_for(address);
    for (const char* other : {"/run/a.sock", "/run/a", "@a"}) {
      EXPECT_FALSE(allow.allows_path(other)) << entry_for(address) << " allows " << other;
    }
  }
}

TEST(ProbeAllow, EveryMistakeIsNamed) {
  for (const char* entry : {"",
                            "unix:",
                            "unix:/",
                            "unix:@",
                            "unix:x.sock",
                            "/run/../x.sock",
                            "/run//*.sock",
                            "10.0.0.0/8",
                            "10.0.0.0/33:9000",
                            "10.0.0.0/-1:9000",
                            "10.0.0.0/:9000",
                            "10.0.0/8:9000",
                            "10.0.0.7:0",
                            "10.0.0.7:65536",
                            "10.0.0.7:9010-9000",
                            "10.0.0.7:",
                            "fd00::/8:9000",
                            "[fd00::/8]",
                            "[fd00::/129]:9000",
                            "[::1",
                            "php.default.svc",
                            "php/8:9000",
                            "*:9000",
                            "*.svc:9000",
                            "user@host:9000",
                            "host name:9000",
                            ":9000",
                            "http://10.0.0.7:9000"}) {
    EXPECT_NE(probe_allow_problem(entry), "") << entry;
  }
  EXPECT_NE(probe_allow_problem(std::string("/run/x\0.sock", 12)), "");
  EXPECT_NE(probe_allow_problem("/run/x\r\n.sock"), "");
  EXPECT_NE(probe_allow_problem(std::string(kMaxProbeAllowBytes + 1, '/')), "");
}

}  // namespace
}  // namespace config
