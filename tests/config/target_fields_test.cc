// What a target gives, and its module uses.
#include "config/target_fields.h"

#include <gmock/gmock.h>

#include "config/loading.h"

namespace config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string target(const std::string& name, const std::string& keys) {
  return "- {name: " + name + ", address: /run/" + name + ".sock, " + keys + "}\n";
}

std::vector<std::string> warnings_of(const std::string& text) {
  const auto loaded = load_text(text);
  EXPECT_TRUE(loaded) << loaded.error();
  return loaded ? loaded->warnings : std::vector<std::string>{};
}

TEST(Targets, MayHaveAStatusAddressAndMaxChildren) {
  const auto loaded = load_text("targets:\n" +
                                target("a",
                                       "module: php_fpm, status_address: '@a', "
                                       "max_children: 1000000") +
                                target("b", "labels: {}"));
  ASSERT_TRUE(loaded) << loaded.error();
  const auto& targets = loaded->config.targets;
  EXPECT_EQ(targets[0].status_address->text(), "unix:@a");
  EXPECT_EQ(targets[0].max_children, 1'000'000u);
  EXPECT_FALSE(targets[1].status_address);
  EXPECT_FALSE(targets[1].max_children);
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

TEST(StatusAddress, WithoutAStatusCheckIsNotUsed) {
  EXPECT_THAT(warnings_of("targets:\n" + target("a", "status_address: '@a'")),
              ElementsAre("status_address of a is not used: the module ping has no status check; "
                          "add status: {} to it"));
}

TEST(StatusAddress, IsNotAskedWhatDecidesHealth) {
  EXPECT_THAT(warnings_of("modules: {pool: {status: {}}}\n"
                          "targets:\n" +
                          target("a", "module: pool, status_address: '@a'")),
              ElementsAre("status_address of a is not used: the status check of the module pool "
                          "decides health, and must ask the pool itself; add a ping check: ping: "
                          "{}"));
  EXPECT_THAT(warnings_of("modules: {pool: {ping: {}, status: {}, health: {require: [status]}}}\n"
                          "targets:\n" +
                          target("a", "module: pool, status_address: '@a'")),
              ElementsAre("status_address of a is not used: the status check of the module pool "
                          "decides health, and must ask the pool itself; leave it out of "
                          "health.require"));
}

TEST(StatusAddress, OfManyTargetsIsToldOnce) {
  std::string text = "targets:\n";
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    text += target(name, "status_address: '@" + std::string(name) + "'");
  }
  EXPECT_THAT(warnings_of(text),
              ElementsAre("status_address of a, b, c and 2 more is not used: the module ping has "
                          "no status check; add status: {} to it"));
}

TEST(ActiveRatio, IsNotLookedAtForATargetOfAFlag) {
  Flags flags;
  flags.targets = {"www=10.0.0.7:9000"};
  const auto loaded = load_text(
      "modules: {php_fpm: {ping: {}, status: {}, ready: {max_active_ratio: 0.9}}}", flags);
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_THAT(loaded->warnings,
              ElementsAre("max_active_ratio of the module php_fpm is not looked at for www: "
                          "max_children is not given"));
}

}  // namespace
}  // namespace config
