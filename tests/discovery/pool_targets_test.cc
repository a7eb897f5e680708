// A pool in, a target and what it is asked out.
#include "discovery/pool_targets.h"

#include <gmock/gmock.h>

#include <ostream>

namespace discovery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

phpfpm::Pool pool_in(std::string file) {
  phpfpm::Pool pool;
  pool.name = "www";
  pool.file = std::move(file);
  pool.listen = "9000";
  pool.line = 4;
  return pool;
}

struct NameCase {
  const char* name;
  const char* file;
  const char* want;
};
void PrintTo(const NameCase& test, std::ostream* out) {
  *out << test.name;
}

class TargetName : public testing::TestWithParam<NameCase> {};

TEST_P(TargetName, HasTheVersionThatThePathNames) {
  EXPECT_EQ(target_name(pool_in(GetParam().file)), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Each, TargetName,
    testing::Values(NameCase{"debian", "/etc/php/8.2/fpm/pool.d/www.conf", "php8.2-www"},
                    NameCase{"debian_main", "/etc/php/7.4/fpm/php-fpm.conf", "php7.4-www"},
                    NameCase{"alpine", "/etc/php82/php-fpm.d/www.conf", "php82-www"},
                    NameCase{"remi", "/etc/opt/remi/php83/php-fpm.d/www.conf", "php83-www"},
                    NameCase{"red_hat", "/etc/php-fpm.d/www.conf", "www"},
                    NameCase{"docker", "/usr/local/etc/php-fpm.d/www.conf", "www"},
                    NameCase{"file_is_no_folder", "/srv/php/8.2", "www"}),
    [](const auto& test) { return test.param.name; });

TEST(PoolTarget, NamesAreMadeOfWhatNamesMayHave) {
  phpfpm::Pool pool = pool_in("/etc/php-fpm.d/www.conf");
  pool.name = "my pool/ü";
  EXPECT_EQ(target_name(pool), "my-pool---");
}

TEST(PoolTarget, HasWhatThePoolSays) {
  phpfpm::Pool pool = pool_in("/etc/php/8.2/fpm/pool.d/www.conf");
  pool.listen = "run/www.sock";
  pool.prefix = "/srv";
  pool.status_path = "/status";
  pool.status_listen = "127.0.0.1:9001";
  pool.max_children = 7;
  const auto target = make_target(pool, {.files = {}, .module = "m", .labels = {{"app", "shop"}}});
  ASSERT_TRUE(target) << target.error();
  EXPECT_EQ(target->name, "php8.2-www");
  EXPECT_EQ(target->address.text(), "unix:/srv/run/www.sock");
  EXPECT_EQ(target->status_address->text(), "tcp://127.0.0.1:9001");
  EXPECT_EQ(target->max_children, 7U);
  EXPECT_EQ(target->module, "m");
  EXPECT_EQ(target->source, "php_fpm_pools");
  EXPECT_THAT(target->labels, ElementsAre(testing::Pair("app", "shop")));
}

TEST(PoolTarget, WithoutAStatusPathNobodyAsksTheStatusAddress) {
  phpfpm::Pool pool = pool_in("f");
  pool.status_listen = "9001";
  EXPECT_FALSE(make_target(pool, {})->status_address);
  pool.status_path = "/status";
  EXPECT_TRUE(make_target(pool, {})->status_address);
  pool.status_listen = "9000";
  EXPECT_FALSE(make_target(pool, {})->status_address) << "the address itself";
}

TEST(PoolTarget, APoolThatCannotBeReachedIsRefusedWithItsPlace) {
  phpfpm::Pool pool = pool_in("f");
  pool.listen = "";
  EXPECT_EQ(make_target(pool, {}).error(), "f:4: [www]: is left out: listen has no value");
  pool.listen = "x:y";
  EXPECT_THAT(make_target(pool, {}).error(), HasSubstr("f:4: [www]: is left out: listen"));
  pool = pool_in("f");
  pool.status_path = "/s";
  pool.status_listen = "x:y";
  EXPECT_THAT(make_target(pool, {}).error(), HasSubstr("pm.status_listen"));
}

// "ping=/p equals pong; status=/s; require ping", or "as it is".
std::string asked(const Adapted& adapted) {
  if (!adapted.module) return "as it is";
  std::string text;
  for (const probe::CheckSettings& check : adapted.module->checks) {
    const bool any = check.expect.body == probe::Expectation::Body::any_answer;
    const bool equals = check.expect.body == probe::Expectation::Body::equals;
    text += check.name + (any ? " any" : "=" + check.path) +
            (equals ? " equals " + check.expect.text : "") + "; ";
  }
  for (const std::string& name : adapted.module->require) text += "require " + name + "; ";
  return text + adapted.module->name;
}

struct AskCase {
  const char* name;
  phpfpm::Pool pool;
  const char* want;
  std::size_t hints;
};
void PrintTo(const AskCase& test, std::ostream* out) {
  *out << test.name;
}

phpfpm::Pool with(const char* ping, const char* response, const char* status,
                  const char* status_listen = "") {
  phpfpm::Pool pool = pool_in("f");
  pool.ping_path = ping;
  pool.ping_response = response;
  pool.status_path = status;
  pool.status_listen = status_listen;
  return pool;
}

class Asked : public testing::TestWithParam<AskCase> {};

TEST_P(Asked, IsWhatThePoolAnswers) {
  const Adapted adapted = adapt(config::php_fpm_module(), GetParam().pool);
  EXPECT_EQ(asked(adapted), GetParam().want);
  EXPECT_THAT(adapted.hints, SizeIs(GetParam().hints));
}

INSTANTIATE_TEST_SUITE_P(
    Each, Asked,
    testing::Values(
        AskCase{"the_usual_paths", with("/fpm-ping", "", "/status"), "as it is", 0},
        AskCase{"the_usual_response", with("/fpm-ping", "pong", "/status"), "as it is", 0},
        AskCase{"other_paths", with("/ping", "", "/fpm/status"),
                "ping=/ping; status=/fpm/status; require ping; php_fpm:ping:fpm-status", 0},
        AskCase{"other_response", with("/fpm-ping", "o k", "/status"),
                "ping=/fpm-ping equals o k; status=/status; require ping; "
                "php_fpm:fpm-ping:o-k:status",
                0},
        AskCase{"no_status", with("/fpm-ping", "", ""),
                "ping=/fpm-ping; require ping; php_fpm:fpm-ping", 1},
        AskCase{"status_alone_decides", with("", "", "/status"),
                "status=/status; require status; php_fpm:status", 0},
        AskCase{"a_status_address_decides_nothing", with("", "", "/status", "9001"),
                "ping any; status=/status; require ping; php_fpm:any_answer:status", 0},
        AskCase{"nothing_at_all", with("", "", ""), "ping any; require ping; php_fpm:any_answer",
                1}),
    [](const auto& test) { return test.param.name; });

TEST(Adapted, AModuleOfChecksWithNamesKeepsThem) {
  config::Module base = config::ping_module();
  base.name = "shop";
  base.params = {{"HTTP_HOST", "a"}};
  base.checks[0].name = "front";
  base.require = {"front"};
  EXPECT_EQ(asked(adapt(base, with("/ping", "", "/status"))), "as it is");
  const Adapted adapted = adapt(base, with("", "", ""));
  EXPECT_EQ(asked(adapted), "ping any; front=/fpm-ping; require front; shop:any_answer");
  EXPECT_EQ(adapted.module->checks[0].params, base.params);
}

TEST(Adapted, WithoutAStatusPageNoRatioOfItIsLookedAt) {
  config::Module base = config::php_fpm_module();
  base.ready.max_active_ratio = 0.5;
  EXPECT_TRUE(adapt(base, with("/a", "", "/b")).module->ready.max_active_ratio);
  EXPECT_FALSE(adapt(base, with("/a", "", "")).module->ready.max_active_ratio);
}

TEST(Adapted, AHintSaysWhatToWriteWhere) {
  EXPECT_THAT(adapt(config::php_fpm_module(), with("", "", "")).hints,
              ElementsAre(testing::AllOf(HasSubstr("f:4: [www]: "),
                                         HasSubstr("write ping.path = /fpm-ping"))));
  EXPECT_THAT(adapt(config::ping_module(), with("/p", "", "")).hints, IsEmpty());
}

TEST(Adapted, EachCheckCanBeMade) {
  for (const auto& pool : {with("", "", ""), with("/a", "b", "/c"), with("", "", "/c")}) {
    const Adapted adapted = adapt(config::php_fpm_module(), pool);
    for (const probe::CheckSettings& check : adapted.module->checks) {
      EXPECT_TRUE(probe::make_check(check)) << check.path;
    }
  }
}

}  // namespace
}  // namespace discovery
