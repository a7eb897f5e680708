#include "config/compat.h"

#include <gmock/gmock.h>

#include <chrono>

#include "config/effective.h"
#include "config/loading.h"

namespace config {
namespace {

using namespace std::chrono_literals;
using base::log::Level;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

base::Result<Loaded> hipages(Flags flags = {}, const Environment& environment = {}) {
  flags.compat = "hipages";
  return load(flags, environment, no_file);
}

Flags scraping(std::vector<std::string> uris) {
  Flags flags;
  flags.scrape_uris = std::move(uris);
  return flags;
}

struct UriCase {
  const char* name;
  const char* uri;
  const char* address;
  const char* path;
};
void PrintTo(const UriCase& test, std::ostream* out) {
  *out << test.name;
}

class ScrapeUriOf : public testing::TestWithParam<UriCase> {};

TEST_P(ScrapeUriOf, IsAnAddressAndAPath) {
  const auto uri = parse_scrape_uri(GetParam().uri);
  ASSERT_TRUE(uri) << uri.error();
  EXPECT_EQ(uri->text, std::string(GetParam().uri).substr(0, uri->text.size()));
  EXPECT_THAT(uri->text, testing::EndsWith(GetParam().path)) << "a query may hold a token";
  EXPECT_EQ(uri->address.text(), GetParam().address);
  EXPECT_EQ(uri->path, GetParam().path);
}

INSTANTIATE_TEST_SUITE_P(
    Each, ScrapeUriOf,
    testing::Values(
        UriCase{"tcp", "tcp://127.0.0.1:9000/status", "tcp://127.0.0.1:9000", "/status"},
        UriCase{"name", "tcp://php.default.svc:9001/fpm/status", "tcp://php.default.svc:9001",
                "/fpm/status"},
        UriCase{"v6", "tcp://[::1]:9000/status", "tcp://[::1]:9000", "/status"},
        UriCase{"unix", "unix:///run/php/www.sock;/status", "unix:/run/php/www.sock", "/status"},
        UriCase{"unix_with_one_slash", "unix:/run/www.sock;/status", "unix:/run/www.sock",
                "/status"},
        UriCase{"query_is_read_over", "tcp://127.0.0.1:9000/status?full&json",
                "tcp://127.0.0.1:9000", "/status"},
        UriCase{"fragment_is_read_over", "unix:///run/www.sock;/status#x", "unix:/run/www.sock",
                "/status"},
        UriCase{"semicolon_in_tcp", "tcp://127.0.0.1:9000/a;b", "tcp://127.0.0.1:9000", "/a;b"}),
    [](const auto& test) { return test.param.name; });

struct BadUriCase {
  const char* name;
  std::string uri;
  const char* want;
};
void PrintTo(const BadUriCase& test, std::ostream* out) {
  *out << test.name;
}

class BadScrapeUri : public testing::TestWithParam<BadUriCase> {};

TEST_P(BadScrapeUri, IsRefusedWithWhatToWrite) {
  const auto uri = parse_scrape_uri(GetParam().uri);
  ASSERT_FALSE(uri);
  EXPECT_EQ(uri.error(), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Each, BadScrapeUri,
    testing::Values(
        BadUriCase{"unix_path_eaten_by_the_shell", "unix:///run/php/www.sock",
                   "\"unix:///run/php/www.sock\" has no status path; write it like "
                   "\"unix:///run/php/www.sock;/status\", with the quotes, or the shell ends the "
                   "command at the ;"},
        BadUriCase{"unix_ends_in_semicolon", "unix:///run/www.sock;",
                   "\"unix:///run/www.sock;\" has no status path; write it like "
                   "\"unix:///run/www.sock;/status\", with the quotes, or the shell ends the "
                   "command at the ;"},
        BadUriCase{"unix_path_without_slash", "unix:///run/www.sock;status",
                   "\"status\" is no path; write it like /fpm-ping or /status"},
        BadUriCase{"unix_with_two_slashes", "unix://run/www.sock;/status",
                   "\"unix://run/www.sock\" has two slashes: write one or three, as in "
                   "\"unix:/run/php/www.sock\""},
        BadUriCase{"tcp_without_path", "tcp://127.0.0.1:9000",
                   "\"tcp://127.0.0.1:9000\" has no status path; write it like "
                   "\"tcp://127.0.0.1:9000/status\""},
        BadUriCase{"tcp_with_only_a_slash", "tcp://127.0.0.1:9000/",
                   "\"tcp://127.0.0.1:9000/\" has no status path; write it like "
                   "\"tcp://127.0.0.1:9000/status\""},
        BadUriCase{"tcp_without_port", "tcp://127.0.0.1/status",
                   "\"127.0.0.1\" has no port: write HOST:PORT, as in \"10.0.0.7:9000\", or "
                   "\"unix:/run/php/www.sock\" for a unix socket"},
        BadUriCase{"no_scheme", "127.0.0.1:9000/status",
                   "\"127.0.0.1:9000/status\" does not start with tcp:// or unix://; write it like "
                   "\"tcp://127.0.0.1:9000/status\""},
        BadUriCase{"bare_socket", "/run/www.sock;/status",
                   "\"/run/www.sock;/status\" does not start with tcp:// or unix://; write it like "
                   "\"unix:///run/php/www.sock;/status\""},
        BadUriCase{"web_server", "http://127.0.0.1/status",
                   "\"http://127.0.0.1/status\" is the URL of a web server; write where PHP-FPM "
                   "itself listens, like \"tcp://127.0.0.1:9000/status\""},
        BadUriCase{"percent", "tcp://127.0.0.1:9000/st%61tus",
                   "\"tcp://127.0.0.1:9000/st%61tus\" holds a %; write the character that it "
                   "stands for"},
        BadUriCase{"control_character", "tcp://127.0.0.1:9000/a\nb",
                   "\"tcp://127.0.0.1:9000/a b\" holds a control character or broken UTF-8"},
        BadUriCase{"too_long", "tcp://127.0.0.1:9000/" + std::string(600, 'a'),
                   "longer than 512 bytes; write a shorter path"}),
    [](const auto& test) { return test.param.name; });

TEST(ScrapeUri, EveryCutIsReadOrRefused) {
  for (const std::string whole :
       {"tcp://[::1]:9000/status", "unix:///run/php/www.sock;/status", "http://x"}) {
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      const auto uri = parse_scrape_uri(whole.substr(0, size));
      EXPECT_TRUE(uri ? uri->path.starts_with('/') : !uri.error().empty()) << size;
    }
  }
}

TEST(Hipages, WithoutAnythingElseIsItsDefaults) {
  const auto loaded = hipages();
  ASSERT_TRUE(loaded) << loaded.error();
  const Config& config = loaded->config;
  EXPECT_FALSE(loaded->seed_mode);
  EXPECT_THAT(loaded->warnings, IsEmpty());
  EXPECT_EQ(config.compat, Compat::hipages);
  EXPECT_FALSE(config.fix_process_count);
  EXPECT_EQ(config.web.listen_address.at(0).text(), "tcp://:9253");
  EXPECT_EQ(config.web.telemetry_path, "/metrics");
  EXPECT_EQ(config.log_level, Level::info);
  ASSERT_EQ(config.targets.size(), 1u);
  EXPECT_EQ(config.targets[0].name, "127.0.0.1:9000");
  EXPECT_EQ(config.targets[0].scrape_uri, "tcp://127.0.0.1:9000/status");
  EXPECT_EQ(config.targets[0].source, "hipages");
}

TEST(Hipages, AsksForTheStatusPageAndItsProcesses) {
  const auto loaded = hipages(scraping({"unix:///run/www.sock;/fpm/status"}));
  ASSERT_TRUE(loaded) << loaded.error();
  const Module& module = loaded->config.modules.at(loaded->config.targets.at(0).module);
  EXPECT_EQ(module.interval, 5s);
  EXPECT_EQ(module.timeout, 3s);
  EXPECT_EQ(module.health.fall, 1);
  ASSERT_EQ(module.checks.size(), 1u);
  EXPECT_EQ(module.checks[0].kind, "status");
  EXPECT_EQ(module.checks[0].path, "/fpm/status");
  EXPECT_EQ(module.checks[0].process_details, probe::ProcessDetails::per_process);
  EXPECT_TRUE(probe::make_check(module.checks[0]));
  EXPECT_THAT(module.require, ElementsAre("status"));
}

std::vector<std::string> names_of(const std::vector<std::string>& uris) {
  const auto loaded = hipages(scraping(uris));
  EXPECT_TRUE(loaded) << loaded.error();
  std::vector<std::string> names;
  if (!loaded) return names;
  for (const Target& target : loaded->config.targets) {
    names.push_back(target.name);
    EXPECT_TRUE(loaded->config.modules.contains(target.module));
  }
  return names;
}

TEST(Hipages, ReadsUrisOneByOneAndBetweenCommas) {
  EXPECT_THAT(names_of({"tcp://a:1/s, tcp://b:2/s,", "unix:///run/c.sock;/s"}),
              ElementsAre("a:1", "b:2", "c.sock"));
}

TEST(Hipages, NamesOfTargetsAreNeverTheSame) {
  EXPECT_THAT(names_of({"unix:///run/8.1/www.sock;/s", "unix:///run/8.2/www.sock;/s"}),
              ElementsAre("run-8.1-www.sock-s", "run-8.2-www.sock-s"));
  EXPECT_THAT(names_of({"tcp://a:1/s", "tcp://a:1/t"}), ElementsAre("a:1-s", "a:1-t"));
  EXPECT_THAT(names_of({"tcp://a:1/s/t", "tcp://a:1/s-t"}), ElementsAre("a:1-s-t", "a:1-s-t-2"));
}

TEST(Hipages, UrisThatDifferInTheirQueryAloneAreTheSame) {
  const auto loaded = hipages(scraping({"tcp://a:1/s?token=x", "tcp://a:1/s#y"}));
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error(), HasSubstr("is there already; keep one"));
}

TEST(Hipages, ThereIsOneModuleForEachStatusPath) {
  const auto loaded = hipages(scraping({"tcp://a:1/s", "tcp://b:1/s", "tcp://c:1/t"}));
  ASSERT_TRUE(loaded) << loaded.error();
  const auto& targets = loaded->config.targets;
  EXPECT_EQ(targets[0].module, "hipages-s");
  EXPECT_EQ(targets[1].module, "hipages-s");
  EXPECT_EQ(targets[2].module, "hipages-t");
}

TEST(Hipages, VariablesSwitchItOn) {
  const auto loaded = load({},
                           {{"PHP_FPM_SCRAPE_URI", "tcp://a:1/s,tcp://b:2/s"},
                            {"PHP_FPM_WEB_LISTEN_ADDRESS", "127.0.0.1:9000"},
                            {"PHP_FPM_WEB_TELEMETRY_PATH", "/all"},
                            {"PHP_FPM_FIX_PROCESS_COUNT", "1"},
                            {"PHP_FPM_LOG_LEVEL", "Warning"}},
                           no_file);
  ASSERT_TRUE(loaded) << loaded.error();
  const Config& config = loaded->config;
  EXPECT_EQ(config.compat, Compat::hipages);
  EXPECT_EQ(config.targets.size(), 2u);
  EXPECT_EQ(config.web.listen_address.at(0).text(), "tcp://127.0.0.1:9000");
  EXPECT_EQ(config.web.telemetry_path, "/all");
  EXPECT_TRUE(config.fix_process_count);
  EXPECT_EQ(config.log_level, Level::warn);
}

TEST(Hipages, FlagsGoOverVariables) {
  Flags flags = scraping({"tcp://c:3/s"});
  flags.listen_addresses = {":1"};
  flags.telemetry_path = "/flag";
  flags.fix_process_count = false;
  flags.log_level = "fatal";
  const auto loaded = load(flags,
                           {{"PHP_FPM_SCRAPE_URI", "tcp://a:1/s"},
                            {"PHP_FPM_WEB_LISTEN_ADDRESS", "127.0.0.1:9000"},
                            {"PHP_FPM_WEB_TELEMETRY_PATH", "/all"},
                            {"PHP_FPM_FIX_PROCESS_COUNT", "true"},
                            {"PHP_FPM_LOG_LEVEL", "trace"}},
                           no_file);
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->config.targets.at(0).name, "c:3");
  EXPECT_EQ(loaded->config.web.listen_address.at(0).text(), "tcp://:1");
  EXPECT_EQ(loaded->config.web.telemetry_path, "/flag");
  EXPECT_FALSE(loaded->config.fix_process_count);
  EXPECT_EQ(loaded->config.log_level, Level::error);
}

TEST(Hipages, ALogLevelAloneIsMeantForPhpFpm) {
  const auto loaded = load({}, {{"PHP_FPM_LOG_LEVEL", "notice"}}, no_file);
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_TRUE(loaded->seed_mode);
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

TEST(Hipages, EmptyVariablesAreAsGoodAsNone) {
  const auto loaded = load({}, {{"PHP_FPM_SCRAPE_URI", ""}}, no_file);
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_TRUE(loaded->seed_mode);
}

TEST(Hipages, IgnoresTheVariablesOfSeedModeWithAWarning) {
  const auto loaded = hipages({}, {{"DESTINATION", "php"}});
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_THAT(loaded->warnings,
              ElementsAre("ignored, since --compat=hipages says what to watch: DESTINATION"));
}

TEST(Hipages, VariablesDoNothingBesideTargetsOfOurOwn) {
  Flags flags;
  flags.targets = {"10.0.0.7:9000"};
  const auto loaded = load(flags, {{"PHP_FPM_SCRAPE_URI", "nonsense"}}, no_file);
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->config.compat, Compat::none);
  EXPECT_THAT(
      loaded->warnings,
      ElementsAre("ignored, since --config.file, --fastcgi.target or --discover.php-fpm says "
                  "what to watch: PHP_FPM_SCRAPE_URI"));
}

TEST(Hipages, FlagsBesideTargetsOfOurOwnAreRefused) {
  constexpr const char* kWhy =
      ": stands in for hipages/php-fpm_exporter, whose targets are scrape URIs; leave out "
      "--config.file, --fastcgi.target and --discover.php-fpm, or this flag";
  Flags flags;
  flags.compat = "hipages";
  EXPECT_EQ(load_text("", flags).error(), "--compat=hipages" + std::string(kWhy));
  flags = scraping({"tcp://a:1/s"});
  flags.fix_process_count = true;
  flags.targets = {"10.0.0.7:9000"};
  EXPECT_EQ(load(flags, {}, no_file).error(),
            "--phpfpm.scrape-uri" + std::string(kWhy) + "\n--phpfpm.fix-process-count" + kWhy);
}

TEST(Hipages, BadValuesNameTheirFlagOrVariable) {
  EXPECT_EQ(hipages(scraping({"tcp://a:1/s,/run/www.sock"})).error(),
            "--phpfpm.scrape-uri=tcp://a:1/s,/run/www.sock: \"/run/www.sock\" does not start with "
            "tcp:// or unix://; write it like \"unix:///run/php/www.sock;/status\"");
  EXPECT_EQ(hipages(scraping({"tcp://a:1/s", "tcp://a:1/s"})).error(),
            "--phpfpm.scrape-uri=tcp://a:1/s: \"tcp://a:1/s\" is there already; keep one");
  EXPECT_EQ(hipages(scraping({" , "})).error(),
            "--phpfpm.scrape-uri= , : names no pool; write it like tcp://127.0.0.1:9000/status");
  EXPECT_EQ(hipages({}, {{"PHP_FPM_FIX_PROCESS_COUNT", "yes"}}).error(),
            "PHP_FPM_FIX_PROCESS_COUNT=yes: must be true or false");
  EXPECT_EQ(hipages({}, {{"PHP_FPM_WEB_TELEMETRY_PATH", "metrics"}}).error(),
            "PHP_FPM_WEB_TELEMETRY_PATH=metrics: \"metrics\" is no path; write it like /metrics, "
            "with letters, digits and / _ . ~ -");
  EXPECT_EQ(hipages({}, {{"PHP_FPM_LOG_LEVEL", "loud"}}).error(),
            "PHP_FPM_LOG_LEVEL=loud: must be one of: trace, debug, info, warn, warning, error, "
            "fatal, panic, not \"loud\"");
  EXPECT_THAT(hipages({}, {{"PHP_FPM_WEB_LISTEN_ADDRESS", "9253"}}).error(),
              HasSubstr("PHP_FPM_WEB_LISTEN_ADDRESS=9253: "));
}

TEST(Hipages, IsTheOnlyOtherExporter) {
  Flags flags;
  flags.compat = "bakins";
  EXPECT_EQ(load(flags, {}, no_file).error(), "--compat=bakins: must be hipages");
}

TEST(Hipages, TheEffectiveConfigurationSaysSoAndIsAFile) {
  Flags flags = scraping({"unix:///run/www.sock;/status"});
  flags.fix_process_count = true;
  const auto loaded = hipages(flags);
  ASSERT_TRUE(loaded) << loaded.error();
  const std::string text = effective_yaml(loaded->config, Secrets::shown);
  const std::string comment = "# --compat=hipages --phpfpm.fix-process-count\n";
  EXPECT_THAT(text, testing::StartsWith(comment));
  const auto again = load_text(text);
  ASSERT_TRUE(again) << again.error();
  EXPECT_EQ(comment + effective_yaml(again->config, Secrets::shown), text);
}

}  // namespace
}  // namespace config
