#include "config/environment.h"

#include <gmock/gmock.h>

#include <chrono>

#include "config/loading.h"

namespace config {
namespace {

using namespace std::chrono_literals;
using base::log::Level;
using testing::ElementsAre;
using testing::IsEmpty;

base::Result<Loaded> seed(Environment environment) {
  return load({}, environment, no_file);
}

TEST(SeedMode, WithoutVariablesIsTheOriginalsDefault) {
  const auto loaded = seed({});
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(loaded->seed_mode);
  EXPECT_THAT(loaded->warnings, IsEmpty());
  const Config& config = loaded->config;
  EXPECT_EQ(config.web.listen_address.at(0).text(), "tcp://127.0.0.1:8080");
  EXPECT_EQ(config.web.failure_status, 404);
  ASSERT_EQ(config.targets.size(), 1u);
  EXPECT_EQ(config.targets[0].name, "default");
  EXPECT_EQ(config.targets[0].address.text(), "tcp://127.0.0.1:9000");
  EXPECT_EQ(config.targets[0].source, "environment");
  EXPECT_EQ(config.log_level, Level::info);
}

TEST(SeedMode, AsksOnceASecondAndIsDownAtTheFirstFailure) {
  const auto loaded = seed({});
  ASSERT_TRUE(loaded);
  const Module& ping = loaded->config.modules.at("ping");
  EXPECT_EQ(ping.interval, 1s);
  EXPECT_EQ(ping.timeout, 1s);
  EXPECT_EQ(ping.health.rise, 1);
  EXPECT_EQ(ping.health.fall, 1);
  EXPECT_THAT(ping.require, ElementsAre("ping"));
  const probe::CheckSettings& check = ping.checks.at(0);
  EXPECT_EQ(check.path, "/fpm-ping");
  EXPECT_EQ(check.expect.body, probe::Expectation::Body::contains);
  EXPECT_EQ(check.expect.text, "pong");
  EXPECT_EQ(check.expect.min_status, 200);
  EXPECT_EQ(check.expect.max_status, 299);
}

TEST(SeedMode, AnEmptyVariableIsAsGoodAsNone) {
  Environment empty;
  for (const Variable& variable : seed_variables()) empty[variable.name] = "";
  const auto loaded = seed(empty);
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->config.targets[0].address.text(), "tcp://127.0.0.1:9000");
  EXPECT_EQ(loaded->config.modules.at("ping").checks[0].expect.text, "pong");
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

struct DestinationCase {
  const char* name;
  const char* destination;
  const char* port;
  const char* want;
};
void PrintTo(const DestinationCase& test, std::ostream* out) {
  *out << test.name;
}

class Destination : public testing::TestWithParam<DestinationCase> {};

TEST_P(Destination, BecomesAnAddress) {
  const auto loaded =
      seed({{"DESTINATION", GetParam().destination}, {"DESTINATION_PORT", GetParam().port}});
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->config.targets[0].address.text(), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Each, Destination,
    testing::Values(DestinationCase{"v4", "10.0.0.7", "9001", "tcp://10.0.0.7:9001"},
                    DestinationCase{"name", "php.default.svc", "", "tcp://php.default.svc:9000"},
                    DestinationCase{"bare_v6", "::1", "9000", "tcp://[::1]:9000"},
                    DestinationCase{"v6", "[fe80::1%eth0]", "", "tcp://[fe80::1%eth0]:9000"},
                    DestinationCase{"path", "/run/php/www.sock", "", "unix:/run/php/www.sock"},
                    DestinationCase{"unix", "unix:/run/w.sock", "9001", "unix:/run/w.sock"},
                    DestinationCase{"abstract", "@php", "", "unix:@php"}),
    [](const auto& test) { return test.param.name; });

TEST(SeedMode, ReadsTheOtherVariables) {
  const auto loaded =
      seed({{"SERVER", "[::]:80"}, {"PING_PATH", "/lala?a=b"}, {"PING_RESPONSE", "ok, fine"}});
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->config.web.listen_address.at(0).text(), "tcp://[::]:80");
  EXPECT_EQ(loaded->config.modules.at("ping").checks[0].path, "/lala?a=b");
  EXPECT_EQ(loaded->config.modules.at("ping").checks[0].expect.text, "ok, fine");
}

TEST(SeedMode, SendsAPathWithoutSlashAsTheOriginalDoes) {
  const auto loaded = seed({{"PING_PATH", "ping.php"}});
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->config.modules.at("ping").checks[0].path, "ping.php");
}

struct BadCase {
  const char* name;
  Environment environment;
  const char* want;
};
void PrintTo(const BadCase& test, std::ostream* out) {
  *out << test.name;
}

class BadVariable : public testing::TestWithParam<BadCase> {};

TEST_P(BadVariable, IsAnErrorThatNamesIt) {
  const auto loaded = seed(GetParam().environment);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error(), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Each, BadVariable,
    testing::Values(
        BadCase{"server_without_port",
                {{"SERVER", "foo"}},
                "SERVER=foo: \"foo\" has no port: write HOST:PORT, as in \"10.0.0.7:9000\", or "
                "\"unix:/run/php/www.sock\" for a unix socket"},
        BadCase{"port_is_word",
                {{"DESTINATION_PORT", "abc"}},
                "DESTINATION_PORT=abc: must be a port from 1 to 65535, such as 9000"},
        BadCase{"port_is_zero",
                {{"DESTINATION_PORT", "0"}},
                "DESTINATION_PORT=0: must be a port from 1 to 65535, such as 9000"},
        BadCase{"port_is_large",
                {{"DESTINATION_PORT", "99999"}},
                "DESTINATION_PORT=99999: must be a port from 1 to 65535, such as 9000"},
        BadCase{"port_with_space",
                {{"DESTINATION_PORT", " 9000"}},
                "DESTINATION_PORT= 9000: must be a port from 1 to 65535, such as 9000"},
        BadCase{"destination_with_port",
                {{"DESTINATION", "10.0.0.7:9000"}},
                "DESTINATION=10.0.0.7:9000: must be a name, an IP address or the path of a unix "
                "socket; the port stands in DESTINATION_PORT"},
        BadCase{"destination_is_url",
                {{"DESTINATION", "http://10.0.0.7"}},
                "DESTINATION=http://10.0.0.7: must be a name, an IP address or the path of a unix "
                "socket; the port stands in DESTINATION_PORT"},
        BadCase{"two_at_once",
                {{"DESTINATION", "a b"}, {"DESTINATION_PORT", "x"}},
                "DESTINATION_PORT=x: must be a port from 1 to 65535, such as 9000\n"
                "DESTINATION=a b: \"a b\" is not a host: a name has only letters, digits, '-', '.' "
                "and '_'"}),
    [](const auto& test) { return test.param.name; });

TEST(SeedMode, BoundsPathAndResponse) {
  const std::string huge(70'000, 'x');
  const auto loaded = seed({{"PING_PATH", "/" + huge}, {"PING_RESPONSE", huge}});
  ASSERT_FALSE(loaded);
  EXPECT_LT(loaded.error().size(), 3000u);
  EXPECT_THAT(loaded.error(), testing::HasSubstr("longer than 2048 bytes"));
}

struct LevelCase {
  const char* name;
  const char* rust_log;
  Level want;
  std::vector<std::string> warnings = {};
};
void PrintTo(const LevelCase& test, std::ostream* out) {
  *out << test.name;
}

class RustLog : public testing::TestWithParam<LevelCase> {};

TEST_P(RustLog, SetsTheLevel) {
  const auto loaded = seed({{"RUST_LOG", GetParam().rust_log}});
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->config.log_level, GetParam().want);
  EXPECT_EQ(loaded->warnings, GetParam().warnings);
}

INSTANTIATE_TEST_SUITE_P(
    Each, RustLog,
    testing::Values(
        LevelCase{"error", "error", Level::error}, LevelCase{"warn", "warn", Level::warn},
        LevelCase{"info", "INFO", Level::info}, LevelCase{"debug", "debug", Level::debug},
        LevelCase{"trace", "trace", Level::debug}, LevelCase{"off", "off", Level::error},
        LevelCase{"bare_module_means_all_of_it", "hyper", Level::debug},
        LevelCase{"module_with_level", "hyper=warn", Level::warn},
        LevelCase{"module_with_nothing", "hyper=", Level::debug},
        LevelCase{"the_highest_wins", "warn,foo=debug,bar=error", Level::debug},
        LevelCase{"off_never_wins", "off,foo=warn", Level::warn},
        LevelCase{"spaces", " info , foo = debug ", Level::debug},
        LevelCase{"empty_pieces", ",,warn,,", Level::warn},
        LevelCase{"filter", "warn/debug,info", Level::warn},
        LevelCase{"bad_level_is_skipped",
                  "warn,foo=loud",
                  Level::warn,
                  {"RUST_LOG: \"foo=loud\" has no level of off, error, warn, info, debug, trace; "
                   "skipped"}}),
    [](const auto& test) { return test.param.name; });

TEST(SeedMode, LogLevelFlagBeatsRustLog) {
  Flags flags;
  flags.log_level = "warn";
  const auto loaded = load(flags, {{"RUST_LOG", "debug"}}, no_file);
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(loaded->seed_mode);
  EXPECT_EQ(loaded->config.log_level, Level::warn);
}

TEST(OutsideSeedMode, TheVariablesAreIgnoredWithOneWarning) {
  Flags flags;
  flags.targets = {"10.0.0.7:9000"};
  const auto loaded =
      load(flags,
           {{"SERVER", "foo"}, {"DESTINATION_PORT", "x"}, {"RUST_LOG", "debug"}, {"PING_PATH", ""}},
           no_file);
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_FALSE(loaded->seed_mode);
  EXPECT_EQ(loaded->config.log_level, Level::info);
  EXPECT_THAT(loaded->warnings, ElementsAre("ignored, since --config.file, --fastcgi.target or "
                                            "--discover.php-fpm says what to watch: "
                                            "SERVER, DESTINATION_PORT, RUST_LOG"));
}

TEST(ProcessEnvironment, HoldsWhatWasSet) {
  ASSERT_EQ(::setenv("CONFIG_TEST_VARIABLE", "a=b", 1), 0);
  EXPECT_EQ(process_environment().at("CONFIG_TEST_VARIABLE"), "a=b");
}

}  // namespace
}  // namespace config
