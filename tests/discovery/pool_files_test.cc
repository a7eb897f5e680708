// Rules of a configuration and files on a real disk: which targets and modules they become, and
// that what is found can be written down and read back.
#include "discovery/pool_files.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "config/effective.h"
#include "config/load.h"
#include "discovery/merge.h"
#include "support/temp_dir.h"

namespace discovery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

config::Config watching(const std::vector<std::string>& globs) {
  config::Config config = config::default_config();
  config.discovery.php_fpm_pools = {{.files = globs, .module = "php_fpm", .labels = {}}};
  return config;
}

struct Discovered {
  std::size_t targets = 0;
  std::vector<std::string> warnings, hints;
};

Discovered add_php_fpm_pools(config::Config& config) {
  const Finding found = find_php_fpm_pools(config);
  const Merged merged = merge({found}, config);
  Discovered all{merged.targets.at("php_fpm_pools"), found.warnings, found.hints};
  for (const auto* more : {&merged.conflicts, &merged.warnings}) {
    all.warnings.insert(all.warnings.end(), more->begin(), more->end());
  }
  return all;
}

std::vector<std::string> targets_of(const config::Config& config) {
  std::vector<std::string> texts;
  for (const config::Target& target : config.targets) {
    texts.push_back(target.name + " " + target.address.text() + " " + target.module);
  }
  return texts;
}

base::Result<config::Loaded> read_back(const std::string& text) {
  config::Flags flags;
  flags.config_file = "f.yaml";
  return config::load(flags, {},
                      [&](const std::string&) { return base::Result<std::string>(text); });
}

TEST(PoolFiles, DebiansOwnPoolIsWatchedWithAnyAnswerAndAHint) {
  const support::TempDir folder;
  std::filesystem::create_directories(folder.path() / "php/8.2/fpm/pool.d");
  std::filesystem::copy(std::filesystem::path(TEST_DATA_DIR) / "testdata/debian-php8.2-www.conf",
                        folder.path() / "php/8.2/fpm/pool.d/www.conf");
  config::Config config = watching({folder.file("php/*/fpm/pool.d/*.conf")});
  const Discovered found = add_php_fpm_pools(config);
  EXPECT_EQ(found.targets, 1U);
  EXPECT_THAT(targets_of(config),
              ElementsAre("php8.2-www unix:/run/php/php8.2-fpm.sock php_fpm:any_answer"));
  EXPECT_EQ(config.targets.at(0).max_children, 5U);
  EXPECT_THAT(found.warnings, IsEmpty());
  EXPECT_THAT(found.hints, ElementsAre(HasSubstr("write ping.path = /fpm-ping")));
}

TEST(PoolFiles, PoolsThatAreAskedTheSameShareAModule) {
  const support::TempDir folder;
  folder.write("a.conf", "[a]\nlisten=1\nping.path=/p\n[b]\nlisten=2\nping.path=/p\n");
  folder.write("b.conf", "[c]\nlisten=3\nping.path=/a-b\n[d]\nlisten=4\nping.path=/a/b\n");
  config::Config config = watching({folder.file("*.conf")});
  add_php_fpm_pools(config);
  EXPECT_THAT(targets_of(config),
              ElementsAre("a tcp://127.0.0.1:1 php_fpm:p",  //
                          "b tcp://127.0.0.1:2 php_fpm:p", "c tcp://127.0.0.1:3 php_fpm:a-b",
                          "d tcp://127.0.0.1:4 php_fpm:a-b:2"));
  EXPECT_THAT(config.modules, SizeIs(2 + 3));
}

TEST(PoolFiles, ATargetOfTheConfigurationGoesBeforeAPoolOfItsName) {
  const support::TempDir folder;
  folder.write("a.conf", "[www]\nlisten=1\n");
  config::Config config = watching({folder.file("*.conf")});
  config::Target& own = config.targets.emplace_back();
  own.name = "www";
  own.address = *base::parse_address("10.0.0.1:9000");
  const Discovered found = add_php_fpm_pools(config);
  EXPECT_EQ(found.targets, 0U);
  EXPECT_THAT(targets_of(config), ElementsAre("www tcp://10.0.0.1:9000 ping"));
  EXPECT_THAT(found.warnings, ElementsAre(HasSubstr("another target has its name")));
}

TEST(PoolFiles, ASocketIsWatchedOnceWhateverItIsCalled) {
  const support::TempDir folder;
  std::filesystem::create_directory(folder.path() / "run");
  std::filesystem::create_directory_symlink(folder.path() / "run", folder.path() / "var");
  folder.write("a.conf", "[a]\nlisten=" + folder.file("run/s") + "\n[b]\nlisten=" +
                             folder.file("var/../var/s") + "\n[c]\nlisten=*:7\n[d]\nlisten=7\n");
  config::Config config = watching({folder.file("*.conf")});
  const Discovered found = add_php_fpm_pools(config);
  EXPECT_THAT(targets_of(config), ElementsAre(HasSubstr("a unix:"), HasSubstr("c tcp:")));
  EXPECT_THAT(found.warnings, ElementsAre(HasSubstr("b is left out: the target a has its socket"),
                                          HasSubstr("d is left out: the target c has its socket")));
}

TEST(PoolFiles, AFileThatTwoPatternsMatchIsNoProblem) {
  const support::TempDir folder;
  folder.write("a.conf", "[a]\nlisten=1\nping.path=/fpm-ping\npm.status_path=/status\n");
  config::Config config = watching({folder.file("a.conf"), folder.file("*.conf")});
  const Discovered found = add_php_fpm_pools(config);
  EXPECT_THAT(targets_of(config), ElementsAre("a tcp://127.0.0.1:1 php_fpm"));
  EXPECT_THAT(found.warnings, IsEmpty());
  EXPECT_THAT(found.hints, IsEmpty());
}

TEST(PoolFiles, NothingFoundIsAWarning) {
  config::Config config = watching({"/nonexistent/*.conf"});
  const Discovered found = add_php_fpm_pools(config);
  EXPECT_EQ(found.targets, 0U);
  EXPECT_THAT(found.warnings, ElementsAre(HasSubstr("no PHP-FPM pool is in /nonexistent/*.conf")));
}

TEST(PoolFiles, WhatIsFoundIsAFileThatBringsItAbout) {
  const support::TempDir folder;
  folder.write("a.conf",
               "[a]\nlisten=1\nping.path=/p\nping.response=\"it's: \\\"ok\\\" #\"\n"
               "pm.status_path=/s\npm.status_listen=2\npm.max_children=3\n[b]\nlisten=4\n"
               "[c]\nlisten=5\npm.status_path=/s\n[d]\nlisten=6\nping.path=/fpm-ping\n"
               "pm.status_path=/status\n");
  config::Config config = watching({folder.file("*.conf")});
  add_php_fpm_pools(config);
  const std::string text = config::targets_yaml(config);
  const auto again = read_back(text);
  ASSERT_TRUE(again) << again.error() << "\n" << text;
  EXPECT_THAT(again->warnings, IsEmpty());
  EXPECT_EQ(config::targets_yaml(again->config), text);
  EXPECT_EQ(targets_of(again->config), targets_of(config));
}

}  // namespace
}  // namespace discovery
