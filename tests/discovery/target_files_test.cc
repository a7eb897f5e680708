// Real files: what is kept of them when they go bad, change and go.
#include "discovery/target_files.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "support/temp_dir.h"

namespace discovery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TargetFilesTest : public testing::Test {
 protected:
  std::vector<std::string> find() {
    found_ = files_.find(config_, std::chrono::system_clock::now());
    std::vector<std::string> names;
    for (const Candidate& each : found_.candidates) names.push_back(each.target.name);
    return names;
  }

  const support::TempDir folder_;
  config::Config config_ = [this] {
    config::Config config = config::default_config();
    config.discovery.target_files = {
        {.files = {folder_.file("*.yaml"), folder_.file("a.*")}, .module = "ping", .labels = {}}};
    return config;
  }();
  TargetFiles files_;
  Finding found_;
};

TEST_F(TargetFilesTest, ABadFileKeepsItsLastGoodContentAndAGoneOneNothing) {
  folder_.write("a.yaml", "- targets: [a=127.0.0.1:1]\n");
  folder_.write("b.yaml", "- targets: [b=127.0.0.1:2]\n");
  EXPECT_THAT(find(), ElementsAre("a", "b"));
  EXPECT_THAT(found_.warnings, IsEmpty());
  folder_.write("a.yaml", "- targets: [a=127.0.0.1:1]\n- target: []\n- targets: [c]\n");
  EXPECT_THAT(find(), ElementsAre("a", "b"));
  EXPECT_THAT(found_.warnings,
              ElementsAre(testing::AllOf(HasSubstr(folder_.file("a.yaml") + ":2: "),
                                         HasSubstr("more); the 1 targets of its last good"))));
  std::filesystem::remove(folder_.path() / "b.yaml");
  EXPECT_THAT(find(), ElementsAre("a"));
  folder_.write("a.yaml", "[]");
  EXPECT_THAT(find(), IsEmpty());
  EXPECT_THAT(found_.warnings, IsEmpty());
}

TEST_F(TargetFilesTest, AFileThatCannotBeReadIsAProblem) {
  std::filesystem::create_directory(folder_.path() / "a.yaml");
  EXPECT_THAT(find(), IsEmpty());
  EXPECT_THAT(found_.warnings, ElementsAre(HasSubstr("a.yaml: Is a directory")));
}

TEST_F(TargetFilesTest, TargetsWhoseModuleIsGoneFromTheConfigurationAreLeftOut) {
  config_.modules["extra"] = config_.modules.at("ping");
  folder_.write("a.yaml",
                "- {targets: [a=127.0.0.1:1], module: extra}\n- targets: [b=127.0.0.1:2]\n");
  EXPECT_THAT(find(), ElementsAre("a", "b"));
  config_.modules.erase("extra");
  files_.read_all_again();
  EXPECT_THAT(find(), ElementsAre("b"));
  EXPECT_THAT(found_.warnings, ElementsAre(testing::AllOf(HasSubstr("there is no module"),
                                                          HasSubstr("the 1 targets of its last"))));
}

// One directory of a pattern that can never be read kept all that was ever found beside it.
TEST_F(TargetFilesTest, AGoneFileIsGoneThoughAnotherDirectoryCannotBeRead) {
  std::filesystem::create_directory(folder_.path() / "sub");
  std::filesystem::create_symlink("loop", folder_.path() / "loop");
  config_.discovery.target_files.front().files = {folder_.file("sub/*.yaml"),
                                                  folder_.file("loop/*.yaml")};
  folder_.write("sub/a.yaml", "- targets: [a=127.0.0.1:1]\n");
  folder_.write("sub/b.yaml", "- targets: [b=127.0.0.1:2]\n");
  EXPECT_THAT(find(), ElementsAre("a", "b"));
  std::filesystem::remove(folder_.path() / "sub" / "a.yaml");
  EXPECT_THAT(find(), ElementsAre("b"));
  EXPECT_THAT(found_.warnings, ElementsAre(HasSubstr("loop: ")));
  config_.discovery.target_files.front().files = {folder_.file("loop/*.yaml")};
  files_.read_all_again();
  EXPECT_THAT(find(), IsEmpty()) << "what the rule before had matched";
}

// One too many that sorts before them: those that are watched were not read any more.
TEST_F(TargetFilesTest, MoreFilesThanAreWatchedDoNotKeepThoseFromChanging) {
  for (std::size_t i = 0; i < kMaxTargetFiles; ++i) {
    folder_.write("b" + std::to_string(i) + ".yaml", "[]");
  }
  EXPECT_THAT(find(), IsEmpty());
  folder_.write("a.yaml", "- targets: [a=127.0.0.1:1]\n");
  folder_.write("b0.yaml", "- targets: [b=127.0.0.1:1]\n");
  EXPECT_THAT(find(), ElementsAre("b"));
  EXPECT_THAT(found_.warnings, ElementsAre(HasSubstr("a.yaml: more than 1000 files")));
}

// Its files may be there all the same.
TEST_F(TargetFilesTest, ADirectoryThatCannotBeReadKeepsItsTargets) {
  std::filesystem::create_directory(folder_.path() / "sub");
  config_.discovery.target_files.front().files = {folder_.file("sub/*.yaml")};
  folder_.write("sub/a.yaml", "- targets: [a=127.0.0.1:1]\n");
  EXPECT_THAT(find(), ElementsAre("a"));
  std::filesystem::rename(folder_.path() / "sub", folder_.path() / "away");
  std::filesystem::create_symlink("sub", folder_.path() / "sub");
  EXPECT_THAT(find(), ElementsAre("a"));
}

}  // namespace
}  // namespace discovery
