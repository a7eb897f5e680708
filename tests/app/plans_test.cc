#include "app/plans.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
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

using TargetPlanPtr = std::shared_ptr<const schedule::TargetPlan>;

TargetPlanPtr plan_of(const Plans& plans, const std::string& name) {
  for (const schedule::Plan& worker : plans.workers) {
    for (const TargetPlanPtr& plan : worker) {
      if (plan->record->identity().name == name) return plan;
    }
  }
  return nullptr;
}

TEST(Replan, KeepsWhatIsUnchangedWhateverHappensBesideIt) {
  const config::Config before = config_with({"a", "b", "c", "d"}, 3);
  const Plans plans = make_plans(before, {});
  config::Config after = config_with({"e", "d", "b", "a"}, 3);
  after.targets[1].labels = {{"app", "shop"}};
  const Replanned made = replan(after, before, plans, {});
  EXPECT_EQ(made.changes.added, 1u);
  EXPECT_EQ(made.changes.changed, 1u);
  EXPECT_EQ(made.changes.removed, 1u);
  EXPECT_EQ(made.changes.unchanged, 2u);
  for (const char* name : {"a", "b"}) {
    EXPECT_EQ(plan_of(made.plans, name), plan_of(plans, name));
    EXPECT_EQ(made.plans.targets->find(name), plans.targets->find(name));
  }
  EXPECT_NE(plan_of(made.plans, "d"), plan_of(plans, "d"));
  EXPECT_NE(made.plans.targets->find("d"), plans.targets->find("d"));
  EXPECT_EQ(made.plans.targets->find("c"), nullptr);
  EXPECT_EQ(made.plans.targets->records().size(), 4u);
}

TEST(Replan, TellsEveryChangeOfATarget) {
  const std::vector<std::function<void(config::Config&)>> edits{
      [](auto& c) { c.targets[0].address.port = 9001; },
      [](auto& c) { c.targets[0].status_address = c.targets[0].address; },
      [](auto& c) { c.targets[0].max_children = 5; },
      [](auto& c) {
        c.targets[0].labels = {{"app", "shop"}};
      },
      [](auto& c) { c.targets[0].source = "flag"; },
      [](auto& c) { c.targets[0].scrape_uri = "tcp://a:1/s"; },
      [](auto& c) { c.targets[0].module = "other"; },
      [](auto& c) { c.targets[0].own_module = c.modules["other"]; },
      [](auto& c) { c.modules["ping"].interval *= 2; },
      [](auto& c) { c.modules["ping"].timeout *= 2; },
      [](auto& c) { c.modules["ping"].abandon_after *= 2; },
      [](auto& c) { c.modules["ping"].require = {"other"}; },
      [](auto& c) { c.modules["ping"].ready.max_listen_queue = 3; },
      [](auto& c) { c.modules["ping"].health.fall = 9; },
      [](auto& c) { c.modules["ping"].health.stale_after *= 2; },
      [](auto& c) { c.modules["ping"].checks.pop_back(); },
      [](auto& c) { c.modules["ping"].checks[1].path = "/b"; },
      [](auto& c) {
        c.modules["ping"].checks[0].params = {{"HTTP_HOST", "a"}};
      },
      [](auto& c) { c.modules["ping"].checks[0].interval = std::chrono::minutes(1); },
      [](auto& c) { c.modules["ping"].checks[0].expect.text = "peng"; },
      [](auto& c) { c.modules["ping"].checks[0].expect.max_status = 399; },
  };
  config::Config before = config_with({"www"});
  before.modules["other"] = before.modules["ping"];
  before.modules["other"].name = "other";
  const Plans plans = make_plans(before, {});
  for (std::size_t i = 0; i < edits.size(); ++i) {
    SCOPED_TRACE(i);
    config::Config after = before;
    edits[i](after);
    const Replanned made = replan(after, before, plans, {});
    EXPECT_EQ(made.changes.changed, 1u);
    EXPECT_EQ(made.changes.unchanged, 0u);
    EXPECT_NE(plan_of(made.plans, "www"), plan_of(plans, "www"));
  }
}

TEST(Replan, OfAModuleThatOthersUseLeavesTheRestAlone) {
  config::Config before = config_with({"a", "b"});
  before.modules["other"] = before.modules["ping"];
  before.targets[1].module = "other";
  const Plans plans = make_plans(before, {});
  config::Config after = before;
  after.modules["other"].timeout *= 2;
  after.modules["new"] = after.modules["ping"];
  const Replanned made = replan(after, before, plans, {});
  EXPECT_EQ(plan_of(made.plans, "a"), plan_of(plans, "a"));
  EXPECT_NE(plan_of(made.plans, "b"), plan_of(plans, "b"));
}

TEST(Replan, OfAnOverrideIsAChangeOfItsTargetAndOfNoOther) {
  config::Config before = config_with({"a", "b"});
  before.targets[0].own_module = before.modules["ping"];
  before.targets[0].own_module->timeout *= 2;
  const Plans plans = make_plans(before, {});
  EXPECT_EQ(plan_of(plans, "a")->timeout, 2 * plan_of(plans, "b")->timeout);
  EXPECT_EQ(plan_of(plans, "a")->record->identity().module, "ping");
  config::Config same_again = before;
  EXPECT_EQ(replan(same_again, before, plans, {}).changes.unchanged, 2u);
  config::Config after = before;
  after.targets[0].own_module->interval *= 2;
  const Replanned made = replan(after, before, plans, {});
  EXPECT_NE(plan_of(made.plans, "a"), plan_of(plans, "a"));
  EXPECT_EQ(plan_of(made.plans, "b"), plan_of(plans, "b"));
}

TEST(Replan, OfAModuleIsNoChangeWhereTheTargetSaysItAll) {
  config::Config before = config_with({"a", "b"});
  before.targets[0].own_module = before.modules["ping"];
  const Plans plans = make_plans(before, {});
  config::Config after = before;
  after.modules["ping"].interval *= 2;
  const Replanned made = replan(after, before, plans, {});
  EXPECT_EQ(plan_of(made.plans, "a"), plan_of(plans, "a"));
  EXPECT_NE(plan_of(made.plans, "b"), plan_of(plans, "b"));
}

TEST(Shards, WatchEachTargetOnce) {
  config::Config config = config_with({"www", "shop", "api", "blog", "php8.2-www", "crm"}, 2);
  std::multiset<std::string> watched;
  for (std::uint32_t i = 0; i < 3; ++i) {
    config.shard = {.index = i, .count = 3};
    const Plans plans = make_plans(config, {});
    for (const auto& record : plans.targets->records()) watched.insert(record->identity().name);
  }
  EXPECT_THAT(watched,
              testing::UnorderedElementsAre("api", "blog", "crm", "php8.2-www", "shop", "www"));
}

TEST(Shards, CountOnlyTheirOwnChanges) {
  config::Config before = config_with({"www", "shop"});  // of shards 1 and 0
  before.shard = {.index = 1, .count = 3};
  const Plans plans = make_plans(before, {});
  config::Config after = config_with({"www", "php8.2-www"});  // that of shard 0
  after.shard = before.shard;
  const Replanned made = replan(after, before, plans, {});
  EXPECT_EQ(plan_of(made.plans, "www"), plan_of(plans, "www"));
  EXPECT_EQ(made.plans.targets->records().size(), 1u);
  EXPECT_EQ(made.changes.unchanged, 1u);
  EXPECT_EQ(made.changes.added + made.changes.changed + made.changes.removed, 0u);
}

TEST(Replan, OnceMoreWithTheSameChangesNothing) {
  const config::Config first = config_with({"a", "b"}, 2);
  const config::Config second = config_with({"b", "c"}, 2);
  const Replanned made = replan(second, first, make_plans(first, {}), {});
  const Replanned again = replan(second, second, made.plans, {});
  EXPECT_EQ(again.changes.unchanged, 2u);
  EXPECT_EQ(again.changes.added + again.changes.changed + again.changes.removed, 0u);
  EXPECT_EQ(again.plans.workers, made.plans.workers);
}

}  // namespace
}  // namespace app
