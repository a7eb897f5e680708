#include "app/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace app {
namespace {

using testing::ElementsAre;

ParsedCommandLine parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "fastcgi_exporter");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

TEST(CommandLine, WithoutASubCommandItServes) {
  const ParsedCommandLine parsed = parse({});
  EXPECT_FALSE(parsed.exit_code);
  EXPECT_EQ(parsed.line.command, Command::serve);
  EXPECT_EQ(parsed.line.check.module, "ping");
}

TEST(CommandLine, ServerIsTheOtherExportersWordForServe) {
  const ParsedCommandLine parsed =
      parse({"server", "--phpfpm.scrape-uri", "tcp://a:1/s,tcp://b:2/s", "--phpfpm.scrape-uri",
             "unix:///run/c.sock;/s", "--phpfpm.fix-process-count", "--log.level=warning"});
  EXPECT_FALSE(parsed.exit_code);
  EXPECT_EQ(parsed.line.command, Command::serve);
  EXPECT_THAT(parsed.line.flags.scrape_uris,
              ElementsAre("tcp://a:1/s,tcp://b:2/s", "unix:///run/c.sock;/s"));
  EXPECT_EQ(parsed.line.flags.fix_process_count, true);
  EXPECT_EQ(parsed.line.flags.log_level, "warning");
}

TEST(CommandLine, FixProcessCountCanBeSwitchedOffAgain) {
  EXPECT_EQ(parse({"--phpfpm.fix-process-count=true"}).line.flags.fix_process_count, true);
  EXPECT_EQ(parse({"--phpfpm.fix-process-count=false"}).line.flags.fix_process_count, false);
}

TEST(CommandLine, FilesOfPoolsHaveADefaultAndNeverTakeTheNextWord) {
  EXPECT_THAT(parse({"--discover.php-fpm"}).line.flags.discover_php_fpm,
              ElementsAre("/etc/php/*/fpm/pool.d/*.conf"));
  EXPECT_THAT(parse({"--discover.php-fpm=/a", "--discover.php-fpm=/b"}).line.flags.discover_php_fpm,
              ElementsAre("/a", "/b"));
  const CommandLine line = parse({"--discover.php-fpm", "serve"}).line;
  EXPECT_EQ(line.command, Command::serve);
  EXPECT_THAT(line.flags.discover_php_fpm, ElementsAre(config::kDefaultPoolFiles));
  EXPECT_TRUE(parse({}).line.flags.discover_php_fpm.empty());
}

TEST(CommandLine, DiscoverTakesPatterns) {
  const CommandLine line = parse({"discover", "/a/*.conf", "/b"}).line;
  EXPECT_EQ(line.command, Command::discover);
  EXPECT_THAT(line.flags.discover_php_fpm, ElementsAre("/a/*.conf", "/b"));
  EXPECT_TRUE(parse({"discover"}).line.flags.discover_php_fpm.empty());
}

TEST(CommandLine, WhatIsNotGivenIsNotSet) {
  const config::Flags flags = parse({}).line.flags;
  EXPECT_FALSE(flags.compat);
  EXPECT_FALSE(flags.fix_process_count);
  EXPECT_TRUE(flags.scrape_uris.empty());
  EXPECT_EQ(parse({"--compat=hipages"}).line.flags.compat, "hipages");
}

TEST(CommandLine, ReloadingOverHttpIsOffUnlessItIsSwitchedOn) {
  EXPECT_FALSE(parse({}).line.enable_lifecycle);
  EXPECT_TRUE(parse({"--web.enable-lifecycle"}).line.enable_lifecycle);
  EXPECT_TRUE(parse({"serve", "--web.enable-lifecycle"}).line.enable_lifecycle);
}

TEST(CommandLine, GetPrintsTextJsonOrWhatWasSpew) {
  EXPECT_EQ(parse({"get"}).line.command, Command::get);
  EXPECT_EQ(parse({"get"}).line.get_format, GetFormat::text);
  EXPECT_EQ(parse({"get", "--out", "json"}).line.get_format, GetFormat::json);
  EXPECT_EQ(parse({"get", "--out=text"}).line.get_format, GetFormat::text);
  EXPECT_EQ(parse({"get", "--out=spew"}).line.get_format, GetFormat::text);
}

TEST(CommandLine, AFormatThatIsNoneIsAMistake) {
  EXPECT_EQ(parse({"get", "--out=xml"}).exit_code, 1);
}

TEST(CommandLine, OnlyCheckTellsAMistakeFromAFailure) {
  EXPECT_EQ(parse({"check", "--no-such-flag"}).exit_code, kExitUsage);
  EXPECT_EQ(parse({"serve", "--no-such-flag"}).exit_code, 1);
}

}  // namespace
}  // namespace app
