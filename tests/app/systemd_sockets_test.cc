#include "app/systemd_sockets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace app {
namespace {

TEST(SystemdSockets, AreThoseFrom3On) {
  const auto found = systemd_sockets({{"LISTEN_PID", "42"}, {"LISTEN_FDS", "3"}}, 42);
  ASSERT_TRUE(found);
  EXPECT_THAT(*found, testing::ElementsAre(3, 4, 5));
}

TEST(SystemdSockets, AreNotThoseOfAnotherProcess) {
  using config::Environment;
  for (const Environment& environment :
       {Environment{}, Environment{{"LISTEN_FDS", "1"}},
        Environment{{"LISTEN_PID", "41"}, {"LISTEN_FDS", "1"}},
        Environment{{"LISTEN_PID", "42"}, {"LISTEN_FDS", "0"}},
        Environment{{"LISTEN_PID", "42"}, {"LISTEN_FDS", "-1"}},
        Environment{{"LISTEN_PID", "42"}, {"LISTEN_FDS", "1000"}}}) {
    const auto found = systemd_sockets(environment, 42);
    ASSERT_FALSE(found);
    EXPECT_THAT(found.error(), testing::StartsWith("--web.systemd-socket: "));
  }
}

}  // namespace
}  // namespace app
