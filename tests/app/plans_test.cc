#include "app/plans.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace app {
namespace {

config::Config config_with(std::vector<std::string> names, std::size_t workers = 1) {
  config::Config config;
  config::Module module;
  module.name = "ping";
  module.interval = std::chrono::seconds(7);
  module.timeout = std::chrono::seconds(3);
  probe::CheckSettings other;
  other.name = "other";
  other.path = "/other";
  module.checks = {probe::CheckSettings{}, other};
  module.require = {"ping"};
  config.modules["ping"] = module;
  config.workers = workers;
  for (std::string& name : names) {
    config::Target target;
    target.name = std::move(name);
    target.address = {
        .transport = base::Transport::tcp, .host = "10.0.0.7", .port = 9000, .path = {}};
    target.module = "ping";
    config.targets.push_back(std::move(target));
  }
  return config;
}

TEST(Plans, CarryTheModuleIntoEachTarget) {
  const Plans plans = make_plans(config_with({"www"}), {});
  ASSERT_EQ(plans.workers.at(0).size(), 1u);
  const schedule::TargetPlan& plan = *plans.workers[0][0];
  EXPECT_EQ(plan.interval, std::chrono::seconds(7));
  EXPECT_EQ(plan.timeout, std::chrono::seconds(3));
  EXPECT_EQ(plan.record->identity().checks, (std::vector<std::string>{"ping", "other"}));
  EXPECT_TRUE(plan.checks.at(0).decides_health);
  EXPECT_FALSE(plan.checks.at(1).decides_health);
}

TEST(Plans, CarryWhatTheKindOfEachCheckSays) {
  config::Config config = config_with({"www"});
  probe::CheckSettings script = config::default_check("script");
  script.path = "/srv/opcache.php";
  script.interval = std::chrono::hours(1);
  config.modules["ping"].checks = {config::default_check("ping"), config::default_check("status"),
                                   script};
  config.targets[0].status_address = config.targets[0].address;
  config.targets[0].status_address->port = 9001;
  const Plans plans = make_plans(config, {});
  const schedule::TargetPlan& plan = *plans.workers[0][0];
  ASSERT_EQ(plan.checks.size(), 3u);
  EXPECT_TRUE(plan.checks[0].answers_at_once);
  EXPECT_TRUE(plan.checks[1].answers_at_once);
  EXPECT_FALSE(plan.checks[2].answers_at_once);
  EXPECT_FALSE(plan.checks[0].asks_status_address);
  EXPECT_TRUE(plan.checks[1].asks_status_address);
  EXPECT_FALSE(plan.checks[2].asks_status_address);
  EXPECT_EQ(plan.checks[2].interval, std::chrono::hours(1));
  EXPECT_THAT(plan.record->identity().check_intervals,
              testing::ElementsAre(base::Duration(0), base::Duration(0), std::chrono::hours(1)));
}

TEST(Plans, TellTheResponderItsOwnNameAndPort) {
  const Plans plans = make_plans(config_with({"www"}), {});
  const std::string& request = *plans.workers[0][0]->checks[0].request;
  EXPECT_THAT(request, testing::HasSubstr("SERVER_NAME10.0.0.7"));
  EXPECT_THAT(request, testing::HasSubstr("SERVER_PORT9000"));
}

TEST(Plans, ShowAndProbeTheSameRecords) {
  const Plans plans = make_plans(config_with({"b", "a", "c"}, 3), {});
  std::set<const state::TargetRecord*> shown, probed;
  for (const auto& record : plans.targets->records()) shown.insert(record.get());
  for (const schedule::Plan& worker : plans.workers) {
    for (const auto& plan : worker) probed.insert(plan->record.get());
  }
  EXPECT_EQ(plans.workers.size(), 3u);
  EXPECT_EQ(shown.size(), 3u);
  EXPECT_EQ(shown, probed);
}

TEST(Plans, KeepATargetOnItsWorkerWhateverIsAddedBesideIt) {
  const auto worker_of = [](const Plans& plans, const std::string& name) {
    for (std::size_t i = 0; i < plans.workers.size(); ++i) {
      for (const auto& plan : plans.workers[i]) {
        if (plan->record->identity().name == name) return i;
      }
    }
    return plans.workers.size();
  };
  const Plans few = make_plans(config_with({"www"}, 4), {});
  const Plans many = make_plans(config_with({"a", "b", "www", "x"}, 4), {});
  EXPECT_LT(worker_of(few, "www"), 4u);
  EXPECT_EQ(worker_of(few, "www"), worker_of(many, "www"));
}

}  // namespace
}  // namespace app
