// `listen` in each of its forms: what FPM makes of it, as the address that is asked.
#include "phpfpm/listen_address.h"

#include <gmock/gmock.h>

#include <ostream>

namespace phpfpm {
namespace {

struct Case {
  const char* name;
  const char* listen;
  const char* prefix;
  const char* want;
};
void PrintTo(const Case& test, std::ostream* out) {
  *out << test.name;
}

class ListenAddress : public testing::TestWithParam<Case> {};

TEST_P(ListenAddress, IsTheOneToAsk) {
  const auto address = listen_address(GetParam().listen, GetParam().prefix);
  ASSERT_TRUE(address) << address.error();
  EXPECT_EQ(address->text(), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Each, ListenAddress,
    testing::Values(Case{"port_alone", "9000", "", "tcp://127.0.0.1:9000"},
                    Case{"every_address", "*:9000", "", "tcp://127.0.0.1:9000"},
                    Case{"every_v4_address", "0.0.0.0:9000", "", "tcp://127.0.0.1:9000"},
                    Case{"every_v6_address", "[::]:9000", "", "tcp://[::1]:9000"},
                    Case{"empty_host", ":9000", "", "tcp://127.0.0.1:9000"},
                    Case{"v4", "10.0.0.7:9000", "", "tcp://10.0.0.7:9000"},
                    Case{"v6", "[fd00::7]:9000", "", "tcp://[fd00::7]:9000"},
                    Case{"v6_without_brackets", "fd00::7:9000", "", "tcp://[fd00::7]:9000"},
                    Case{"name", "php.internal:9000", "", "tcp://php.internal:9000"},
                    Case{"socket", "/run/php/www.sock", "", "unix:/run/php/www.sock"},
                    Case{"socket_whatever_the_prefix", "/run/a", "/srv", "unix:/run/a"},
                    Case{"relative", "run/www.sock", "/srv/php", "unix:/srv/php/run/www.sock"},
                    Case{"relative_to_the_build", "www.sock", "", "unix:/usr/www.sock"},
                    Case{"no_abstract_names", "@www", "/srv", "unix:/srv/@www"}),
    [](const auto& test) { return test.param.name; });

TEST(ListenAddress, IsRefusedWithAReason) {
  for (const char* listen : {"", "99999", "0", "php:", "php:http", "unix:/run/www.sock", "a b:1"}) {
    const auto address = listen_address(listen, "");
    ASSERT_FALSE(address) << listen;
    EXPECT_NE(address.error(), "");
  }
  EXPECT_FALSE(listen_address("/" + std::string(200, 'x'), ""));
  EXPECT_FALSE(listen_address("www.sock", "relative"));
}

}  // namespace
}  // namespace phpfpm
