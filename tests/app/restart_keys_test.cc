#include "app/restart_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

config::Config config_at(std::string_view listen_address) {
  config::Config config = config::default_config();
  config.web.listen_address = {*base::parse_listen_address(listen_address)};
  return config;
}

TEST(RestartKeys, OfTheSameConfigurationThereAreNone) {
  const config::Config config = config_at(":9253");
  config::Config next = config;
  EXPECT_THAT(keep_until_restart(config, next), IsEmpty());
}

TEST(RestartKeys, AreNamedAsInTheFileAndKeepTheirValues) {
  const config::Config in_force = config_at(":9253");
  config::Config next = config_at("127.0.0.1:1");
  next.web.failure_status = 503;
  next.web.telemetry_path = "/m";
  next.web.max_requests = 7;
  next.workers = 3;
  next.detail = config::Detail::compact;
  next.buckets_seconds = {1, 2};  // the one that is only written when it is given
  EXPECT_THAT(
      keep_until_restart(in_force, next),
      ElementsAre("metrics.buckets", "metrics.detail", "web.failure_status", "web.listen_address",
                  "web.max_requests", "web.telemetry_path", "workers"));
  EXPECT_EQ(next.web, in_force.web);
  EXPECT_EQ(next.workers, 1u);
  EXPECT_EQ(next.detail, config::Detail::full);
  EXPECT_THAT(next.buckets_seconds, IsEmpty());
}

TEST(RestartKeys, AKeyThatIsTakenOutOfTheFileIsOneToo) {
  config::Config in_force = config_at(":9253");
  in_force.buckets_seconds = {1, 2};
  config::Config next = config_at(":9253");
  EXPECT_THAT(keep_until_restart(in_force, next), ElementsAre("metrics.buckets"));
  EXPECT_THAT(next.buckets_seconds, ElementsAre(1, 2));
}

TEST(RestartKeys, TargetsAndModulesAreLeftAsTheyAre) {
  const config::Config in_force = config_at(":9253");
  config::Config next = in_force;
  next.targets.resize(2);
  next.modules["ping"].interval = std::chrono::seconds(1);
  EXPECT_THAT(keep_until_restart(in_force, next), IsEmpty());
  EXPECT_EQ(next.targets.size(), 2u);
  EXPECT_EQ(next.modules["ping"].interval, std::chrono::seconds(1));
}

}  // namespace
}  // namespace app
