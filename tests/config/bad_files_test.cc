// testdata/bad: each file is wrong in one way (or many at once), and NAME.txt beside it is the
// whole message.
#include <gmock/gmock.h>

#include <algorithm>
#include <vector>

#include "config/document.h"
#include "config/loading.h"
#include "config/rules.h"

namespace config {
namespace {

std::vector<std::filesystem::path> bad_files() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(test_data() / "bad")) {
    if (entry.path().extension() != ".txt") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  return paths;
}

class BadFile : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(BadFile, IsRefusedWithItsWholeMessage) {
  const auto loaded = load_path(GetParam());
  ASSERT_FALSE(loaded);
  const std::string message = loaded.error() + "\n";
  const auto expected = std::filesystem::path(GetParam()).replace_extension(".txt");
  if (is_update()) return write_content(expected, message);
  EXPECT_EQ(message, content(expected)) << "UPDATE=1 rewrites what is expected";
}

INSTANTIATE_TEST_SUITE_P(EachOf, BadFile, testing::ValuesIn(bad_files()),
                         [](const auto& test) { return test.param.stem().string(); });

TEST(BadFiles, CoverMoreThanFortyMistakes) {
  EXPECT_GT(bad_files().size(), 40u);
}

// Every prefix of a file is read or refused, and never more than that.
TEST(BadFiles, EveryCutOfAGoodFileIsReadOrRefused) {
  const std::string text = content(examples() / "fastcgi_exporter.yaml");
  std::size_t refused = 0;
  for (std::size_t size = 0; size < text.size(); size += 7) {
    const auto loaded = load_text(text.substr(0, size));
    if (loaded) continue;
    ++refused;
    EXPECT_THAT(loaded.error(), testing::StartsWith("file.yaml:"));
  }
  EXPECT_GT(refused, 0u);
}

TEST(BadFiles, AFileLargerThanTheLimitIsRefused) {
  EXPECT_EQ(load_text(std::string(kMaxFileBytes + 1, '#')).error(),
            "file.yaml:1: larger than 16 MiB; split it");
  EXPECT_TRUE(load_text(std::string(kMaxFileBytes, '#')));
}

TEST(BadFiles, MoreValuesThanTheLimitAreRefused) {
  std::string text = "targets: [";
  for (std::size_t i = 0; i < kMaxNodes; ++i) text += "1,";
  EXPECT_EQ(load_text(text + "]").error(), "file.yaml:1: more than 500000 values; split it");
}

std::string many(std::size_t count, const std::string& before, const std::string& after) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += before + std::to_string(i) + after;
  return text;
}

TEST(BadFiles, MoreThanAListMayHoldIsRefused) {
  const auto patterns = [](std::size_t count) {
    return load_text("discovery: {php_fpm_pools: [{files: [" + many(count, "/p", ",") + "]}]}");
  };
  EXPECT_TRUE(patterns(64)) << patterns(64).error();
  EXPECT_THAT(patterns(65).error(), testing::HasSubstr("has 65 patterns; write at most 64"));
  const auto checks = [](std::size_t count) {
    return load_text("modules: {m: {checks: {" + many(count, "c", ": {kind: ping},") + "}}}");
  };
  EXPECT_TRUE(checks(32)) << checks(32).error();
  EXPECT_THAT(checks(33).error(), testing::HasSubstr("has 33 checks; write at most 32, and a "));
  const auto params = [](std::size_t count) {
    return load_text("modules: {m: {params: {" + many(count, "P", ": x,") + "}}}");
  };
  EXPECT_TRUE(params(256)) << params(256).error();
  EXPECT_THAT(params(257).error(), testing::HasSubstr("has 257 keys; write at most 256"));
}

TEST(BadFiles, APatternMayBeAsLongAsAPath) {
  const auto pattern = [](std::size_t size) {
    return load_text("discovery: {php_fpm_pools: [{files: [/" + std::string(size - 1, 'a') +
                     "]}]}");
  };
  EXPECT_TRUE(pattern(kMaxPathBytes));
  EXPECT_THAT(pattern(kMaxPathBytes + 1).error(),
              testing::HasSubstr("longer than 2048 bytes; write a shorter pattern"));
}

TEST(BadFiles, ParamsAreAMapping) {
  EXPECT_THAT(load_text("modules: {m: {params: [A]}}").error(),
              testing::HasSubstr("must be a mapping of FastCGI parameters to texts"));
}

TEST(BadFiles, AMissingFileIsNamedWithItsReason) {
  Flags flags;
  flags.config_file = "/nonexistent/file.yaml";
  EXPECT_EQ(load(flags, {}, read_file).error(),
            "--config.file=/nonexistent/file.yaml: No such file or directory");
}

TEST(BadFiles, ADirectoryIsNoFile) {
  Flags flags;
  flags.config_file = std::string(TEST_DATA_DIR);
  EXPECT_THAT(load(flags, {}, read_file).error(), testing::HasSubstr("Is a directory"));
}

}  // namespace
}  // namespace config
