// Which of several targets with one name or one socket stays.
#include "discovery/merge.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "support/temp_dir.h"

namespace discovery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

Candidate candidate(const std::string& name, const std::string& address) {
  Candidate made;
  made.target.name = name;
  made.target.address = *base::parse_address(address);
  made.where = "there";
  return made;
}

Finding finding(const std::string& source, std::vector<Candidate> candidates) {
  Finding made;
  made.source = source;
  made.candidates = std::move(candidates);
  return made;
}

std::vector<std::string> names_of(const config::Config& config) {
  std::vector<std::string> names;
  for (const config::Target& target : config.targets) names.push_back(target.name);
  return names;
}

TEST(Merge, ConfiguredGoesBeforeFoundAndTheFirstSourceBeforeTheNext) {
  config::Config config = config::default_config();
  config.targets.push_back(candidate("own", "127.0.0.1:1").target);
  const Merged merged =
      merge({finding("first", {candidate("a", "127.0.0.1:2"), candidate("b", "127.0.0.1:1")}),
             finding("second", {candidate("a", "127.0.0.1:3"), candidate("c", "127.0.0.1:2"),
                                candidate("d", "127.0.0.1:4")})},
            config);
  EXPECT_THAT(names_of(config), ElementsAre("own", "a", "d"));
  EXPECT_THAT(merged.targets, ElementsAre(Pair("first", 1), Pair("second", 1)));
  EXPECT_THAT(merged.conflicts, ElementsAre("there: b is left out: the target own has its socket",
                                            HasSubstr("a is left out: another target has its name"),
                                            "there: c is left out: the target a has its socket"));
}

TEST(Merge, OneFileIsOneSocketWhateverItIsCalled) {
  const support::TempDir folder;
  folder.write("s", "");
  std::filesystem::create_hard_link(folder.path() / "s", folder.path() / "hard");
  std::filesystem::create_symlink("s", folder.path() / "soft");
  config::Config config = config::default_config();
  merge({finding("x", {candidate("s", folder.file("s")), candidate("hard", folder.file("hard")),
                       candidate("soft", folder.file("soft")),
                       candidate("other", folder.file("not-there"))})},
        config);
  EXPECT_THAT(names_of(config), ElementsAre("s", "other"));
}

// A pool that restarts takes its socket away: the alternatives' link to it was a target of its own.
TEST(Merge, ALinkToASocketThatIsGoneIsStillThatSocket) {
  const support::TempDir folder;
  std::filesystem::create_directory(folder.path() / "alternatives");
  std::filesystem::create_symlink("alternatives/php.sock", folder.path() / "php.sock");
  std::filesystem::create_symlink("../php8.2.sock", folder.path() / "alternatives" / "php.sock");
  std::filesystem::create_symlink("loop", folder.path() / "loop");
  config::Config config = config::default_config();
  config.targets.push_back(candidate("own", folder.file("php.sock")).target);
  merge({finding("x", {candidate("found", folder.file("php8.2.sock")),
                       candidate("other", folder.file("php8.3.sock")),
                       candidate("loop", folder.file("loop"))})},
        config);
  EXPECT_THAT(names_of(config), ElementsAre("own", "other", "loop"));
}

TEST(Merge, TheSameFoundTwiceIsNoConflict) {
  config::Config config = config::default_config();
  const Finding once = finding("x", {candidate("a", "127.0.0.1:1")});
  EXPECT_THAT(merge({once, once}, config).conflicts, IsEmpty());
  EXPECT_THAT(names_of(config), ElementsAre("a"));
}

}  // namespace
}  // namespace discovery
