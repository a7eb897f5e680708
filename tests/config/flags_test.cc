#include "config/flags.h"

#include <gmock/gmock.h>

#include <cmath>
#include <utility>

#include "config/loading.h"

namespace config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

base::Result<Loaded> with_flags(const Flags& flags, const Environment& environment = {}) {
  return load(flags, environment, no_file);
}

std::vector<std::string> texts(const std::vector<base::Address>& addresses) {
  std::vector<std::string> out;
  for (const auto& address : addresses) out.push_back(address.text());
  return out;
}

constexpr const char* kFile =
    "web: {listen_address: '127.0.0.1:1', failure_status: 503, telemetry_path: /f, max_requests: "
    "7}\n"
    "targets: [{name: www, address: '10.0.0.1:9000', labels: {app: shop}}]\n";

TEST(Flags, AloneGiveAFullResult) {
  Flags flags;
  flags.targets = {"10.0.0.7:9000"};
  const auto loaded = with_flags(flags);
  ASSERT_TRUE(loaded) << loaded.error();
  const Target& target = loaded->config.targets.at(0);
  EXPECT_EQ(target.name, "10.0.0.7:9000");
  EXPECT_EQ(target.module, "php_fpm");
  EXPECT_EQ(target.source, "flag");
  EXPECT_THAT(texts(loaded->config.web.listen_address), ElementsAre("tcp://:9253"));
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

TEST(Precedence, DefaultsGoUnderTheFile) {
  const auto loaded = load_text("targets: []");
  ASSERT_TRUE(loaded);
  EXPECT_THAT(texts(loaded->config.web.listen_address), ElementsAre("tcp://:9253"));
  EXPECT_EQ(loaded->config.web.telemetry_path, "/metrics");
  EXPECT_EQ(loaded->config.web.max_requests, 40u);
}

TEST(Precedence, TheFileGoesUnderTheFlags) {
  Flags flags;
  const auto from_file = load_text(kFile, flags);
  ASSERT_TRUE(from_file) << from_file.error();
  EXPECT_THAT(texts(from_file->config.web.listen_address), ElementsAre("tcp://127.0.0.1:1"));
  EXPECT_EQ(from_file->config.web.telemetry_path, "/f");
  EXPECT_EQ(from_file->config.web.max_requests, 7u);
  flags.listen_addresses = {":2", "unix:/run/e.sock"};
  flags.telemetry_path = "/g";
  flags.max_requests = 8;
  const auto loaded = load_text(kFile, flags);
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_THAT(texts(loaded->config.web.listen_address),
              ElementsAre("tcp://:2", "unix:/run/e.sock"));
  EXPECT_EQ(loaded->config.web.telemetry_path, "/g");
  EXPECT_EQ(loaded->config.web.max_requests, 8u);
  EXPECT_EQ(loaded->config.web.failure_status, 503);
}

TEST(Precedence, ThePlaceOfThePagesIsSaidByFlagsToo) {
  const std::string file =
      "web: {route_prefix: /file, unauthenticated_paths: [/healthz]}\ntargets: []\n";
  Flags flags;
  flags.route_prefix = "/flag";
  flags.open_paths = {"/fcgi-live,/fcgi-live/www", ",/healthz,"};
  const auto loaded = load_text(file, flags);
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->config.web.route_prefix, "/flag");
  EXPECT_THAT(loaded->config.web.unauthenticated_paths,
              ElementsAre("/fcgi-live", "/fcgi-live/www", "/healthz"));
}

TEST(Flags, GiveTheTimeThatAProbeLeavesToPrometheus) {
  Flags flags;
  flags.targets = {"10.0.0.7:9000"};
  EXPECT_EQ(with_flags(flags)->config.timeout_offset, std::chrono::milliseconds(500));
  for (const auto& [seconds, want] : {std::pair{0.0, 0}, {0.25, 250}, {60.0, 60'000}}) {
    flags.timeout_offset = seconds;
    const auto loaded = with_flags(flags);
    ASSERT_TRUE(loaded) << loaded.error();
    EXPECT_EQ(loaded->config.timeout_offset, std::chrono::milliseconds(want));
  }
}

TEST(Precedence, TheEnvironmentGoesUnderTheFlags) {
  Flags flags;
  flags.listen_addresses = {"127.0.0.1:3"};
  const auto loaded = with_flags(flags, {{"SERVER", "127.0.0.1:4"}, {"DESTINATION", "php"}});
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_TRUE(loaded->seed_mode);
  EXPECT_THAT(texts(loaded->config.web.listen_address), ElementsAre("tcp://127.0.0.1:3"));
  EXPECT_EQ(loaded->config.targets[0].address.host, "php");
}

TEST(Precedence, TargetsOfFlagsJoinThoseOfTheFile) {
  Flags flags;
  flags.targets = {"api=10.0.0.2:9000"};
  const auto loaded = load_text(kFile, flags);
  ASSERT_TRUE(loaded) << loaded.error();
  ASSERT_EQ(loaded->config.targets.size(), 2u);
  EXPECT_EQ(loaded->config.targets[1].name, "api");
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

TEST(Precedence, ATargetOfAFlagReplacesTheOneOfTheFileWithAWarning) {
  Flags flags;
  flags.targets = {"www=10.0.0.2:9000"};
  const auto loaded = load_text(kFile, flags);
  ASSERT_TRUE(loaded) << loaded.error();
  ASSERT_EQ(loaded->config.targets.size(), 1u);
  EXPECT_EQ(loaded->config.targets[0].address.host, "10.0.0.2");
  EXPECT_EQ(loaded->config.targets[0].source, "flag");
  EXPECT_THAT(
      loaded->warnings,
      ElementsAre("--fastcgi.target=www=10.0.0.2:9000 replaces the target www of the file"));
}

struct NameCase {
  const char* name;
  std::vector<std::string> targets;
  std::vector<std::string> want;
};
void PrintTo(const NameCase& test, std::ostream* out) {
  *out << test.name;
}

class TargetName : public testing::TestWithParam<NameCase> {};

TEST_P(TargetName, IsGivenOrComesFromTheAddress) {
  Flags flags;
  flags.targets = GetParam().targets;
  const auto loaded = with_flags(flags);
  ASSERT_TRUE(loaded) << loaded.error();
  std::vector<std::string> names;
  for (const Target& target : loaded->config.targets) names.push_back(target.name);
  EXPECT_EQ(names, GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Each, TargetName,
    testing::Values(NameCase{"given", {"shop=10.0.0.7:9000"}, {"shop"}},
                    NameCase{"tcp", {"tcp://php.svc:9000"}, {"php.svc:9000"}},
                    NameCase{"v6", {"[::1]:9000"}, {"::1:9000"}},
                    NameCase{"scoped_v6", {"[fe80::1%eth0]:9000"}, {"fe80::1-eth0:9000"}},
                    NameCase{"socket", {"/run/php/www.sock"}, {"www.sock"}},
                    NameCase{
                        "socket_with_odd_name", {"unix:/run/php/my pool.sock"}, {"my-pool.sock"}},
                    NameCase{"socket_with_equals", {"/run/a=b.sock"}, {"a-b.sock"}},
                    NameCase{"abstract", {"@php"}, {"@php"}},
                    NameCase{"abstract_that_ends_in_a_slash", {"@php/"}, {"@php-"}},
                    NameCase{"sockets_of_one_name",
                             {"/run/php7/www.sock", "/run/php8/www.sock", "/run/api.sock"},
                             {"run-php7-www.sock", "run-php8-www.sock", "api.sock"}},
                    NameCase{"name_taken_by_another",
                             {"www.sock=10.0.0.7:9000", "/run/www.sock"},
                             {"www.sock", "run-www.sock"}}),
    [](const auto& test) { return test.param.name; });

struct BadFlags {
  const char* name;
  Flags flags;
  const char* want;
};
void PrintTo(const BadFlags& test, std::ostream* out) {
  *out << test.name;
}

Flags targets(std::vector<std::string> values) {
  Flags flags;
  flags.targets = std::move(values);
  return flags;
}

Flags with(auto Flags::*member, auto value) {
  Flags flags = targets({"10.0.0.7:9000"});
  flags.*member = value;
  return flags;
}

Flags sharded(const char* index, std::optional<std::int64_t> count) {
  Flags flags = with(&Flags::shard_index, index);
  flags.shard_count = count;
  return flags;
}

class BadFlag : public testing::TestWithParam<BadFlags> {};

TEST_P(BadFlag, IsAnErrorThatNamesIt) {
  const auto loaded = with_flags(GetParam().flags);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error(), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Each, BadFlag,
    testing::Values(
        BadFlags{"target_without_port", targets({"www=10.0.0.7"}),
                 "--fastcgi.target=www=10.0.0.7: \"10.0.0.7\" has no port: write HOST:PORT, as in "
                 "\"10.0.0.7:9000\", or \"unix:/run/php/www.sock\" for a unix socket"},
        BadFlags{"target_with_bad_name", targets({"my pool=10.0.0.7:9000"}),
                 "--fastcgi.target=my pool=10.0.0.7:9000: \"my pool\" is no name; write 1 to 200 "
                 "characters out of A-Z a-z 0-9 _ . : @ -"},
        BadFlags{"target_with_empty_name", targets({"=10.0.0.7:9000"}),
                 "--fastcgi.target==10.0.0.7:9000: \"\" is no name; write 1 to 200 characters out "
                 "of A-Z a-z 0-9 _ . : @ -"},
        BadFlags{"same_target_twice", targets({"10.0.0.7:9000", "10.0.0.7:9000"}),
                 "--fastcgi.target=10.0.0.7:9000: another flag has the name 10.0.0.7:9000; write "
                 "--fastcgi.target=NAME=ADDRESS with a name of its own"},
        BadFlags{"telemetry_path", with(&Flags::telemetry_path, "metrics"),
                 "--web.telemetry-path=metrics: \"metrics\" is no path; write it like /metrics, "
                 "with letters, digits and / _ . ~ -"},
        BadFlags{"max_requests", with(&Flags::max_requests, -1),
                 "--web.max-requests=-1: must be a whole number from 0 to 10000, not -1"},
        BadFlags{"route_prefix", with(&Flags::route_prefix, "/a//b"),
                 "--web.route-prefix=/a//b: \"/a//b\" is no path; write it like /exporter, with "
                 "letters, digits and / _ . ~ -"},
        BadFlags{"unauthenticated_path",
                 with(&Flags::open_paths, std::vector<std::string>{"/healthz,live"}),
                 "--web.unauthenticated-paths: \"live\" is no path of a page; write it like "
                 "/healthz or /fcgi-live/www"},
        BadFlags{"timeout_offset_negative", with(&Flags::timeout_offset, -0.5),
                 "--timeout-offset=-0.5: must be a number of seconds from 0 to 60, such as 0.5"},
        BadFlags{"timeout_offset_no_number", with(&Flags::timeout_offset, std::nan("")),
                 "--timeout-offset=nan: must be a number of seconds from 0 to 60, such as 0.5"},
        BadFlags{"timeout_offset_too_long", with(&Flags::timeout_offset, 60.5),
                 "--timeout-offset=60.5: must be a number of seconds from 0 to 60, such as 0.5"},
        BadFlags{"shard_without_count", sharded("1", {}),
                 "--shard.index=1: needs --shard.count beside it: how many share the targets"},
        BadFlags{"shard_without_index", with(&Flags::shard_count, 3),
                 "--shard.count=3: needs --shard.index beside it: which of the shards this one is, "
                 "from 0"},
        BadFlags{"shard_index_too_great", sharded("exporter-3", 3),
                 "--shard.index=exporter-3: there are 3 shards, 0 to 2; write one of them, or a "
                 "greater --shard.count for every shard"},
        BadFlags{"shard_index_no_number", sharded("one", 3),
                 "--shard.index=one: must be a number from 0 to 999, or the name of a "
                 "StatefulSet's pod, which ends in one, such as fastcgi-exporter-2"},
        BadFlags{"shard_count", sharded("0", 0),
                 "--shard.count=0: must be a whole number from 1 to 1000, not 0"},
        BadFlags{"log_level", with(&Flags::log_level, "loud"),
                 "--log.level=loud: must be one of: debug, info, warn, error, not \"loud\""},
        BadFlags{"log_format", with(&Flags::log_format, "xml"),
                 "--log.format=xml: must be one of: logfmt, json, not \"xml\""},
        BadFlags{
            "listen_address",
            with(&Flags::listen_addresses, std::vector<std::string>{":9253", ":99999"}),
            "--web.listen-address: \"99999\" is not a port: it is a number from 0 to 65535, as "
            "in \"10.0.0.7:9000\""}),
    [](const auto& test) { return test.param.name; });

TEST(Flags, FilesOfPoolsAreARuleOfDiscovery) {
  Flags flags;
  flags.discover_php_fpm = {"/a/*.conf", "/b.conf"};
  const auto loaded = with_flags(flags, {{"PING_PATH", "/ignored"}});
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_FALSE(loaded->seed_mode);
  const auto& rules = loaded->config.discovery.php_fpm_pools;
  ASSERT_EQ(rules.size(), 1u);
  EXPECT_THAT(rules[0].files, ElementsAre("/a/*.conf", "/b.conf"));
  EXPECT_EQ(rules[0].module, "php_fpm");
  EXPECT_THAT(loaded->warnings, ElementsAre(testing::StartsWith("ignored, since")));
  flags.discover_php_fpm = {"b.conf"};
  EXPECT_EQ(with_flags(flags).error(),
            "--discover.php-fpm=b.conf: \"b.conf\" is no whole path; write it from the root, like "
            "/etc/php/*/fpm/pool.d/*.conf");
}

TEST(Flags, ProblemsOfFileAndFlagsComeTogether) {
  Flags flags;
  flags.log_level = "loud";
  const auto loaded = load_text("workers: 0\n", flags);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error(),
            "--log.level=loud: must be one of: debug, info, warn, error, not \"loud\"\n"
            "file.yaml:1: /workers: must be a whole number from 1 to 64, not 0");
}

TEST(Flags, SetTheLog) {
  Flags flags = targets({"10.0.0.7:9000"});
  flags.log_level = "debug";
  flags.log_format = "json";
  const auto loaded = with_flags(flags);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->config.log_level, base::log::Level::debug);
  EXPECT_EQ(loaded->config.log_format, base::log::Format::json);
}

}  // namespace
}  // namespace config
