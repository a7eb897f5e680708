// What a target says instead of its module.
#include "config/overrides.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "config/effective.h"
#include "config/loading.h"

namespace config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPool =
    "modules:\n"
    "  pool:\n"
    "    interval: 10s\n"
    "    timeout: 4s\n"
    "    ping: {path: /ping, expect: {contains: pong}, params: {A: '1', B: '2'}}\n"
    "    checks: {login: {kind: ping, path: /login, status: '302'}}\n"
    "    health: {fall: 3, require: [ping]}\n"
    "    params: {HTTP_HOST: shop.example, C: '3'}\n";

std::string with_override(const std::string& keys, const std::string& module = "pool") {
  return std::string(kPool) +
         "targets:\n- name: www\n  address: /run/www.sock\n  module: " + module +
         "\n  override: {" + keys + "}\n- {name: plain, address: /run/p.sock, module: " + module +
         "}\n";
}

// What the first target is asked; checks that the file, as it is shown, means the same.
Module overridden(const std::string& keys, const std::string& module = "pool") {
  const auto loaded = load_text(with_override(keys, module));
  EXPECT_TRUE(loaded) << loaded.error();
  if (!loaded) return {};
  const Config& config = loaded->config;
  const std::string shown = effective_yaml(config, Secrets::shown);
  const auto again = load_text(shown);
  EXPECT_TRUE(again) << again.error() << shown;
  EXPECT_EQ(again->config.targets, config.targets) << shown;
  EXPECT_EQ(&module_of(config, config.targets.at(1)), &config.modules.at(module));
  return module_of(config, config.targets.at(0));
}

const probe::CheckSettings& check(const Module& module, std::string_view name) {
  return *std::ranges::find(module.checks, name, &probe::CheckSettings::name);
}

std::string problems_of(const std::string& text) {
  const auto loaded = load_text(text);
  return loaded ? "" : loaded.error();
}

TEST(Override, ReplacesKeysAndLeavesTheRest) {
  const Module module =
      overridden("interval: 250ms, health: {rise: 2}, ready: {max_listen_queue: 5}");
  EXPECT_EQ(module.name, "pool");
  EXPECT_EQ(module.interval, milliseconds(250));
  EXPECT_EQ(module.timeout, seconds(4));
  EXPECT_EQ(module.health.rise, 2);
  EXPECT_EQ(module.health.fall, 3);
  EXPECT_EQ(module.ready.max_listen_queue, 5u);
  EXPECT_EQ(module.checks.size(), 2u);
}

TEST(Override, DefaultsFollowWhatHoldsForTheTarget) {
  const Module module = overridden("interval: 2m, timeout: 50s");
  EXPECT_EQ(module.abandon_after, seconds(50));
  EXPECT_EQ(module.health.stale_after, seconds(360));
}

TEST(Override, OfACheckIsKeyByKeyInBothForms) {
  for (const char* keys :
       {"ping: {path: /other, params: {B: x}}", "checks: {ping: {path: /other, params: {B: x}}}"}) {
    const Module module = overridden(keys);
    const auto& ping = check(module, "ping");
    EXPECT_EQ(ping.path, "/other");
    EXPECT_EQ(ping.expect.text, "pong");
    EXPECT_EQ(ping.params,
              (fastcgi::Params{{"A", "1"}, {"B", "x"}, {"C", "3"}, {"HTTP_HOST", "shop.example"}}));
    EXPECT_EQ(check(module, "login").path, "/login");
  }
  EXPECT_EQ(check(overridden("checks: {login: {path: /l}}"), "login").expect.min_status, 302);
}

TEST(Override, InShortFormIsOfTheCheckThatTheModuleWroteInFull) {
  const auto file = [](const std::string& path) {
    return "modules: {m: {checks: {ping: {kind: ping, path: /p, expect: {contains: up}}}}}\n"
           "targets: [{name: a, address: /a, module: m, override: {ping: {path: " +
           path + "}}}]\n";
  };
  const auto loaded = load_text(file("/other"));
  ASSERT_TRUE(loaded) << loaded.error();
  const Module& module = module_of(loaded->config, loaded->config.targets.at(0));
  ASSERT_EQ(module.checks.size(), 1u);
  EXPECT_EQ(module.checks[0].path, "/other");
  EXPECT_EQ(module.checks[0].expect.text, "up");
  EXPECT_THAT(problems_of(file("other")), HasSubstr("/targets/0/override/ping/path: "));
}

TEST(Override, ReplacesAnExpectationWhole) {
  const Module equals = overridden("ping: {expect: {equals: ok}}");
  EXPECT_EQ(check(equals, "ping").expect.body, probe::Expectation::Body::equals);
  const Module any = overridden("checks: {login: {expect: {any_answer: true}}}");
  EXPECT_EQ(check(any, "login").expect.body, probe::Expectation::Body::any_answer);
}

TEST(Override, AddsChecksBesideThoseOfTheModule) {
  const Module module = overridden("status: {}, checks: {api: {kind: ping, path: /api}}");
  std::vector<std::string> names;
  for (const auto& each : module.checks) names.push_back(each.name);
  EXPECT_THAT(names, ElementsAre("api", "login", "ping", "status"));
  EXPECT_THAT(module.require, ElementsAre("ping"));
}

TEST(Override, TurnsACheckIntoOneOfAnotherKind) {
  const Module module = overridden("checks: {login: {kind: status, path: /s}}");
  EXPECT_EQ(check(module, "login").kind, "status");
}

TEST(Override, OfABuiltInModuleKeepsItsChecks) {
  const Module php_fpm = overridden("status: {path: /s}", "php_fpm");
  EXPECT_EQ(check(php_fpm, "status").path, "/s");
  EXPECT_EQ(check(php_fpm, "ping").path, "/fpm-ping");
  const Module ping = overridden("status: {}, params: {A: b}", "ping");
  EXPECT_EQ(ping.checks.size(), 2u);
  EXPECT_THAT(ping.require, ElementsAre("ping"));
}

TEST(Override, SecretsAreHiddenAndDifferencesShown) {
  const auto loaded = load_text(with_override("params: {HTTP_COOKIE: sesame}, timeout: 3s"));
  ASSERT_TRUE(loaded) << loaded.error();
  const std::string text = effective_yaml(loaded->config, Secrets::hidden);
  EXPECT_THAT(text, Not(HasSubstr("sesame")));
  EXPECT_THAT(text, HasSubstr("    override:\n      timeout: 3s\n"));
}

TEST(Override, ProblemsOfTheModuleAreToldOnce) {
  const std::string problems = problems_of(
      "modules: {m: {timeout: soon}}\n"
      "targets: [{name: a, address: /a, module: m, override: {interval: 1s}}]\n");
  EXPECT_THAT(problems, HasSubstr("/modules/m/timeout"));
  EXPECT_THAT(problems, Not(HasSubstr("\n")));
}

}  // namespace
}  // namespace config
