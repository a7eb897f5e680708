#include "app/probe_directory.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>

#include "app/probe_requests.h"

namespace app {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using End = web::ProbeResult::End;

config::Target target(const std::string& name, const std::string& address,
                      const std::string& module = "ping") {
  config::Target made;
  made.name = name;
  made.address = *base::parse_address(address);
  made.module = module;
  return made;
}

class ProbeDirectoryTest : public testing::Test {
 protected:
  ProbeDirectoryTest() {
    config_ = config::default_config();
    config_.workers = 4;
    config_.targets = {target("www", "unix:/run/www.sock", "php_fpm"),
                       target("api", "10.0.0.7:9000"), target("9.9.9.9:9", "127.0.0.1:9000")};
    config_.probe_allow = {"10.0.0.0/8:*", "unix:/run/*.sock"};
  }

  std::variant<ProbeDirectory::Found, web::ProbeResult> look_up(
      const std::string& target, std::optional<std::string> module = std::nullopt) {
    if (!directory_) {
      plans_ = make_plans(config_, {});
      directory_.emplace(std::make_shared<const config::Config>(config_), plans_, 1);
    }
    return directory_->look_up({.target = target, .module = std::move(module)}, {});
  }
  ProbeDirectory::Found found(const std::string& target,
                              std::optional<std::string> module = std::nullopt) {
    return std::get<ProbeDirectory::Found>(look_up(target, std::move(module)));
  }
  web::ProbeResult refused(const std::string& target,
                           std::optional<std::string> module = std::nullopt) {
    return std::get<web::ProbeResult>(look_up(target, std::move(module)));
  }
  std::size_t worker_of(const std::string& name) {
    for (std::size_t i = 0; i < plans_.workers.size(); ++i) {
      for (const auto& plan : plans_.workers[i]) {
        if (plan->record->identity().name == name) return i;
      }
    }
    return plans_.workers.size();
  }

  config::Config config_;
  Plans plans_;
  std::optional<ProbeDirectory> directory_;
};

TEST_F(ProbeDirectoryTest, FindsATargetWithItsOwnPlan) {
  const auto www = found("www");
  EXPECT_EQ(www.shown.module, "php_fpm");
  EXPECT_EQ(www.worker, worker_of("www"));
  EXPECT_EQ(www.question.plan->record->identity().name, "www");
  EXPECT_EQ(www.question.permission, nullptr);
  // The same question, however it is asked.
  EXPECT_EQ(found("www", "php_fpm").question.key, www.question.key);
  EXPECT_EQ(found("www", "php_fpm").question.plan, www.question.plan);
}

TEST_F(ProbeDirectoryTest, AsksATargetWithAnotherModule) {
  const auto www = found("www", "ping");
  EXPECT_EQ(www.question.plan->checks.size(), 1u);
  EXPECT_NE(www.question.key, found("www").question.key);
  EXPECT_EQ(www.question.key, found("www", "ping").question.key);
  EXPECT_EQ(www.worker, worker_of("www"));
  EXPECT_EQ(www.question.permission, nullptr);
}

TEST_F(ProbeDirectoryTest, ANameGoesBeforeAnAddress) {
  EXPECT_EQ(found("9.9.9.9:9").shown.address.text(), "tcp://127.0.0.1:9000");
}

TEST_F(ProbeDirectoryTest, TakesAnAddressThatIsAllowedToTheWorkerThatWatchesIt) {
  const auto api = found("10.0.0.7:9000");
  EXPECT_EQ(api.shown.module, "php_fpm");
  ASSERT_NE(api.question.permission, nullptr);
  EXPECT_EQ(api.worker, worker_of("api"));
  EXPECT_NE(api.question.key, found("10.0.0.8:9000").question.key);
  EXPECT_EQ(api.question.key, found("tcp://10.0.0.7:9000").question.key);
  const auto& permission = *api.question.permission;
  EXPECT_TRUE(permission.path("/run/x.sock"));
  EXPECT_FALSE(permission.path("/run/x/x.sock"));
  EXPECT_FALSE(permission.address(*base::socket_address(*base::parse_address("127.0.0.1:9000"))));
}

// Of an exporter that watches a part of them, all targets may be probed.
TEST_F(ProbeDirectoryTest, FindsTheTargetsOfOtherShards) {
  config_.shard = {.index = 0, .count = 3};
  for (const config::Target& each : config_.targets) {
    const auto it = found(each.name);
    EXPECT_EQ(it.shown.address, each.address);
    EXPECT_LT(it.worker, config_.workers);
    EXPECT_EQ(it.question.permission, nullptr);
  }
}

TEST_F(ProbeDirectoryTest, KeepsTheModuleThatATargetOverrides) {
  config::Module own = config::ping_module();
  own.timeout = std::chrono::seconds(7);
  config_.targets[1].own_module = own;
  EXPECT_EQ(found("api").timeout, own.timeout);
  EXPECT_EQ(found("api", "ping").timeout, own.timeout);
  EXPECT_NE(found("www", "ping").timeout, own.timeout);
}

TEST_F(ProbeDirectoryTest, SaysWhyNot) {
  EXPECT_EQ(refused("www", "pimg").end, End::bad_request);
  EXPECT_THAT(refused("www", "pimg").problem, HasSubstr("did you mean ping"));
  EXPECT_EQ(refused("wwv").end, End::unknown_target);
  EXPECT_THAT(refused("wwv").problem,
              AllOf(HasSubstr("no target is called \"wwv\""), HasSubstr("did you mean www")));
  EXPECT_EQ(refused("11.0.0.1:9000").end, End::not_allowed);
  EXPECT_THAT(refused("11.0.0.1:9000").problem, HasSubstr("add \"11.0.0.1:9000\" to probe_allow"));
  EXPECT_THAT(refused("127.0.0.1:9000").problem, HasSubstr("ask for target=9.9.9.9:9"));
}

TEST(ProbeResultOf, SaysWhyNobodyWasAsked) {
  probe::OneShotReport report;
  EXPECT_EQ(result_of({}, report).end, End::probed);
  report.end = probe::OneShotReport::End::refused;
  report.problem = "x.test means 127.0.0.1:80";
  EXPECT_EQ(result_of({}, report).end, End::not_allowed);
  EXPECT_THAT(result_of({}, report).problem,
              AllOf(HasSubstr("x.test means 127.0.0.1:80"), HasSubstr("probe_allow")));
  report.end = probe::OneShotReport::End::no_descriptor;
  EXPECT_EQ(result_of({}, report).end, End::unavailable);
  report.end = probe::OneShotReport::End::stopping;
  EXPECT_EQ(result_of({}, report).end, End::unavailable);
}

}  // namespace
}  // namespace app
