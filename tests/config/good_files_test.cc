// testdata/good and the examples that users start from: what each of them becomes.
#include <gmock/gmock.h>

#include <chrono>

#include "config/effective.h"
#include "config/loading.h"

namespace config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

Config loaded(const std::filesystem::path& path) {
  const auto result = load_path(path);
  EXPECT_TRUE(result) << result.error();
  return result ? result->config : Config{};
}

Config good(const std::string& name) {
  return loaded(test_data() / "good" / name);
}

TEST(Examples, MinimalIsOneTargetWithTheBuiltInModule) {
  const Config config = loaded(examples() / "minimal.yaml");
  ASSERT_EQ(config.targets.size(), 1u);
  EXPECT_EQ(config.targets[0].name, "www");
  EXPECT_EQ(config.targets[0].address.text(), "unix:/run/php/php8.2-fpm.sock");
  EXPECT_EQ(config.targets[0].module, "ping");
  EXPECT_EQ(config.targets[0].source, "config");
  ASSERT_EQ(config.web.listen_address.size(), 1u);
  EXPECT_EQ(config.web.listen_address[0].text(), "tcp://:9253");
}

TEST(Examples, TheFullOneSaysWhatTheDefaultsAre) {
  const Config config = loaded(examples() / "fastcgi_exporter.yaml");
  const Module& php_fpm = config.modules.at("php_fpm");
  const Module defaults = ping_module();
  EXPECT_EQ(php_fpm.interval, defaults.interval);
  EXPECT_EQ(php_fpm.timeout, defaults.timeout);
  EXPECT_EQ(php_fpm.abandon_after, defaults.abandon_after);
  EXPECT_EQ(php_fpm.health.stale_after, defaults.health.stale_after);
  EXPECT_EQ(php_fpm.health.start_grace, defaults.health.start_grace);
  EXPECT_EQ(php_fpm.health.wedged_after, defaults.health.wedged_after);
  EXPECT_EQ(php_fpm.health.rise, defaults.health.rise);
  EXPECT_EQ(php_fpm.health.fall, defaults.health.fall);
  EXPECT_EQ(php_fpm.checks[0].path, defaults.checks[0].path);
  EXPECT_EQ(php_fpm.checks[0].expect.text, defaults.checks[0].expect.text);
}

TEST(Examples, TheFullOneUsesWhatItShows) {
  const Config config = loaded(examples() / "fastcgi_exporter.yaml");
  const probe::CheckSettings& front = config.modules.at("application").checks.at(0);
  EXPECT_EQ(front.name, "front");
  EXPECT_EQ(front.expect.body, probe::Expectation::Body::regex);
  EXPECT_EQ(front.expect.min_status, 200);
  EXPECT_EQ(front.expect.max_status, 200);
  ASSERT_EQ(config.targets.size(), 3u);
  EXPECT_THAT(config.targets[0].labels, ElementsAre(Pair("app", "shop"), Pair("tier", "1")));
  EXPECT_EQ(config.targets[2].module, "ping");
  EXPECT_EQ(config.buckets_seconds.size(), 15u);
}

TEST(Examples, ManyChecksAreAskedByNameAndTwoDecide) {
  const Module shop = loaded(examples() / "many_checks.yaml").modules.at("shop");
  std::vector<std::string> names;
  for (const auto& check : shop.checks) names.push_back(check.name);
  EXPECT_THAT(names, ElementsAre("front", "no_errors", "pool", "redirect"));
  EXPECT_THAT(shop.require, ElementsAre("pool", "front"));
}

TEST(Examples, ParamsOfACheckGoOverThoseOfItsModule) {
  const Module shop = loaded(examples() / "many_checks.yaml").modules.at("shop");
  EXPECT_THAT(shop.checks[0].params,
              ElementsAre(Pair("HTTP_HOST", "shop.example"), Pair("SERVER_PROTOCOL", "HTTP/1.1")));
  EXPECT_THAT(shop.checks[3].params, ElementsAre(Pair("HTTP_HOST", "old.shop.example"),
                                                 Pair("SERVER_PROTOCOL", "HTTP/1.1")));
}

TEST(Examples, TheFleetsTargetsDifferInWhatTheyOverride) {
  const Config config = loaded(examples() / "fleet.yaml");
  ASSERT_EQ(config.targets.size(), 4u);
  const Module& pool = config.modules.at("pool");
  EXPECT_EQ(&module_of(config, config.targets[0]), &pool);
  const Module& checkout = module_of(config, config.targets[2]);
  EXPECT_EQ(checkout.name, "pool");
  EXPECT_EQ(checkout.interval, 1s);
  EXPECT_EQ(checkout.timeout, pool.timeout);
  EXPECT_EQ(checkout.checks[0].path, "/ping");
  EXPECT_EQ(checkout.checks[0].expect, pool.checks[0].expect);
  EXPECT_THAT(checkout.params, ElementsAre(Pair("HTTP_HOST", "checkout.example")));
  const Module& reports = module_of(config, config.targets[3]);
  EXPECT_EQ(reports.health.stale_after, 45s);
  EXPECT_EQ(reports.checks[0].expect.text, "Reports");
}

TEST(Examples, DiscoveryShowsEverySourceAtItsDefaults) {
  const Discovery rules = loaded(examples() / "discovery.yaml").discovery;
  ASSERT_EQ(rules.target_files.size(), 1u);
  ASSERT_EQ(rules.php_fpm_pools.size(), 1u);
  ASSERT_EQ(rules.unix_sockets.size(), 1u);
  ASSERT_EQ(rules.dns.size(), 1u);
  EXPECT_EQ(rules.unix_sockets[0].grace, UnixSockets{}.grace);
  EXPECT_EQ(rules.dns[0].interval, DnsName{}.interval);
  EXPECT_EQ(rules.dns[0].grace, DnsName{}.grace);
}

TEST(Examples, YamlAndJsonMeanTheSame) {
  EXPECT_EQ(effective_yaml(loaded(examples() / "many_checks.yaml"), Secrets::shown),
            effective_yaml(loaded(examples() / "many_checks.json"), Secrets::shown));
}

TEST(GoodFiles, NothingButCommentsIsEveryDefaultAndAWarning) {
  const auto result = load_path(test_data() / "good" / "every_key_left_out.yaml");
  ASSERT_TRUE(result);
  EXPECT_THAT(result->config.targets, IsEmpty());
  EXPECT_EQ(result->config.web.failure_status, 404);
  EXPECT_TRUE(result->config.modules.contains("ping"));
  EXPECT_THAT(result->warnings, ElementsAre("no target is configured; write some under `targets`"));
}

TEST(GoodFiles, WhatSomeYamlReadersConvertStaysText) {
  const Config config = good("text_that_looks_like_more.yaml");
  EXPECT_EQ(config.targets.at(0).name, "yes");
  EXPECT_THAT(config.targets.at(0).labels,
              ElementsAre(Pair("grouped", "1_000"), Pair("half", ".5"), Pair("hex", "0x1F"),
                          Pair("off", "No"), Pair("quoted", "true"), Pair("version", "8.2"),
                          Pair("zip", "0777")));
}

TEST(GoodFiles, JsonMayBeIndentedWithTabsAndUseItsEscapes) {
  const Config config = good("tabs_and_escapes.json");
  EXPECT_EQ(config.targets.at(0).address.path, "/run/www.sock");
  EXPECT_THAT(config.targets.at(0).labels, ElementsAre(Pair("caf", "\u00e9")));
}

TEST(GoodFiles, ByteOrderMarkAndCarriageReturnsAreRead) {
  const Config config = good("windows.yaml");
  EXPECT_EQ(config.workers, 2u);
  EXPECT_EQ(config.web.failure_status, 503);
}

TEST(GoodFiles, TheBuiltInModuleCanBeOverridden) {
  const Config config = good("ping_overridden.yaml");
  const Module& ping = config.modules.at("ping");
  EXPECT_EQ(ping.interval, 100ms);
  ASSERT_EQ(ping.checks.size(), 1u);
  EXPECT_EQ(ping.checks[0].expect.body, probe::Expectation::Body::any_answer);
  EXPECT_THAT(ping.checks[0].params,
              ElementsAre(Pair("A", "check"), Pair("HTTP_HOST", "a.example")));
}

TEST(GoodFiles, WaitsThatAreNotGivenFollowTheOthers) {
  const Module ping = good("ping_overridden.yaml").modules.at("ping");
  EXPECT_EQ(ping.abandon_after, 60s);
  EXPECT_EQ(ping.health.stale_after, 60s + 100ms);
  const auto slow = load_text("modules: {slow: {interval: 1m}}");
  ASSERT_TRUE(slow);
  EXPECT_EQ(slow->config.modules.at("slow").abandon_after, 30s);
  EXPECT_EQ(slow->config.modules.at("slow").health.stale_after, 180s);
}

TEST(GoodFiles, AModuleWithoutChecksAsksThePing) {
  const auto result = load_text("modules: {slow: {interval: 1m}}");
  ASSERT_TRUE(result);
  const Module& slow = result->config.modules.at("slow");
  ASSERT_EQ(slow.checks.size(), 1u);
  EXPECT_EQ(slow.checks[0].path, "/fpm-ping");
  EXPECT_THAT(slow.require, ElementsAre("ping"));
}

TEST(BuiltIn, PhpFpmAsksPingAndStatusAndThePingDecides) {
  const Module php_fpm = default_config().modules.at("php_fpm");
  ASSERT_EQ(php_fpm.checks.size(), 2u);
  EXPECT_EQ(php_fpm.checks[0].path, "/fpm-ping");
  EXPECT_EQ(php_fpm.checks[1].kind, "status");
  EXPECT_EQ(php_fpm.checks[1].path, "/status");
  EXPECT_EQ(php_fpm.checks[1].process_details, probe::ProcessDetails::off);
  EXPECT_THAT(php_fpm.require, ElementsAre("ping"));
}

TEST(BuiltIn, PhpFpmIsWhatTheFileMakesOfItsChecks) {
  const auto written = load_text("modules: {php_fpm: {ping: {}, status: {}}}");
  ASSERT_TRUE(written) << written.error();
  EXPECT_EQ(effective_yaml(written->config, Secrets::shown),
            effective_yaml(load_text("")->config, Secrets::shown));
}

Module one_module(const std::string& keys) {
  const auto result = load_text("modules: {m: {" + keys + "}}");
  EXPECT_TRUE(result) << result.error();
  return result ? result->config.modules.at("m") : Module{};
}

TEST(Health, IsDecidedByPingsElseByTheStatusCheckNeverByScripts) {
  const std::string script = "script: {path: /srv/a.php}";
  EXPECT_THAT(one_module(script + ", status: {}, ping: {}").require, ElementsAre("ping"));
  EXPECT_THAT(one_module(script + ", status: {}").require, ElementsAre("status"));
  EXPECT_THAT(one_module("checks: {a: {kind: ping}, b: {kind: ping}, c: {kind: status}}").require,
              ElementsAre("a", "b"));
  EXPECT_THAT(one_module("ping: {}, status: {}, health: {require: [status, ping]}").require,
              ElementsAre("status", "ping"));
}

TEST(Checks, AreAskedByKindAndThenByName) {
  const Module m = one_module(
      "script: {path: /z.php}, checks: {b: {kind: status}, z: {kind: ping}, y: {kind: ping}, "
      "a: {kind: script, path: /a.php}}");
  std::vector<std::string> names;
  for (const auto& check : m.checks) names.push_back(check.name);
  EXPECT_THAT(names, ElementsAre("y", "z", "b", "a", "script"));
}

TEST(Scripts, RunOnceAMinuteAndNeverMoreOftenThanTheModule) {
  EXPECT_EQ(one_module("ping: {}, script: {path: /a.php}").checks[1].interval, 60s);
  EXPECT_EQ(one_module("interval: 5m, ping: {}, script: {path: /a.php}").checks[1].interval, 5min);
  EXPECT_EQ(one_module("ping: {}, script: {path: /a.php, interval: 5s}").checks[1].interval, 5s);
  EXPECT_EQ(one_module("ping: {}, script: {path: /a.php}").checks[0].interval, 0s);
}

TEST(Ready, IsOffUnlessItIsGiven) {
  EXPECT_FALSE(one_module("ping: {}").ready.max_listen_queue);
  EXPECT_FALSE(one_module("ping: {}").ready.max_active_ratio);
  const Module m = one_module("status: {}, ready: {max_listen_queue: 0, max_active_ratio: 0.9}");
  EXPECT_EQ(m.ready.max_listen_queue, 0u);
  EXPECT_EQ(m.ready.max_active_ratio, 0.9);
}

TEST(GoodFiles, ZeroNeedsNoUnit) {
  const auto result = load_text("modules: {m: {wedged_after: 0, start_grace: 0s}}");
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->config.modules.at("m").health.start_grace, 0s);
}

TEST(GoodFiles, TenThousandTargetsAreRead) {
  std::string text = "targets:\n";
  for (int i = 0; i < 10'000; ++i) {
    const std::string n = std::to_string(i);
    text += "- {name: t" + n + ", address: '10.0.0.7:9000', labels: {a: x, b: x, c: x}}\n";
  }
  const auto result = load_text(text);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->config.targets.size(), 10'000u);
}

}  // namespace
}  // namespace config
