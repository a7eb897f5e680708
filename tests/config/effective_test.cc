#include "config/effective.h"

#include <gmock/gmock.h>

#include "config/loading.h"
#include "config/rules.h"

namespace config {
namespace {

using testing::HasSubstr;
using testing::Not;

void expect_comes_back(const Config& config) {
  const std::string text = effective_yaml(config, Secrets::shown);
  const auto again = load_text(text);
  ASSERT_TRUE(again) << again.error() << "\n" << text;
  EXPECT_EQ(effective_yaml(again->config, Secrets::shown), text);
}

// The others are for --web.config.file, for clients and for people.
bool is_configuration(const std::filesystem::path& path) {
  return path.extension() != ".md" && path.filename() != "web.yaml" &&
         path.filename() != "openapi.yaml";
}

TEST(Effective, EveryGoodFileComesBackAsItself) {
  std::size_t files = 0;
  for (const auto& folder : {test_data() / "good", examples()}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (!entry.is_regular_file() || !is_configuration(entry.path())) continue;
      SCOPED_TRACE(entry.path());
      const auto loaded = load_path(entry.path());
      ASSERT_TRUE(loaded) << loaded.error();
      expect_comes_back(loaded->config);
      ++files;
    }
  }
  EXPECT_GE(files, 9u);
}

TEST(Effective, EveryValueOtherThanItsDefaultComesBack) {
  const auto loaded = load_path(test_data() / "good" / "nothing_left_at_its_default.yaml");
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(effective_yaml(loaded->config, Secrets::shown),
            content(test_data() / "good" / "nothing_left_at_its_default.yaml"));
}

// Found by fuzzing: the defaults that follow from them were longer than the file may say.
TEST(Effective, TheLongestTimesComeBack) {
  const auto loaded = load_text("modules: {m: {interval: 1d, timeout: 1d}}");
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->config.modules.at("m").health.stale_after, 3 * kMostWait);
  expect_comes_back(loaded->config);
}

TEST(Effective, SeedModeComesBackAsAFile) {
  const auto seed = load({}, {{"PING_RESPONSE", "it's: \"well\"\n"}}, no_file);
  ASSERT_TRUE(seed);
  expect_comes_back(seed->config);
}

TEST(Effective, HidesWhatMayBeAPassword) {
  const auto loaded = load_text(
      "modules:\n"
      "  shop:\n"
      "    params: {HTTP_AUTHORIZATION: Basic one, HTTP_HOST: shop.example}\n"
      "    ping: {params: {HTTP_COOKIE: two, PHP_AUTH_PW: three, HTTP_X_API_KEY: four,\n"
      "                    db_password: five, APP_SECRET: six, HTTP_X_TOKEN: seven}}\n");
  ASSERT_TRUE(loaded) << loaded.error();
  const std::string text = effective_yaml(loaded->config, Secrets::hidden);
  for (const char* secret : {"one", "two", "three", "four", "five", "six", "seven"}) {
    EXPECT_THAT(text, Not(HasSubstr(std::string(" ") + secret + "\n")));
    EXPECT_THAT(text, Not(HasSubstr(std::string(secret) + "\"")));
  }
  EXPECT_THAT(text, HasSubstr("HTTP_AUTHORIZATION: \"<secret>\"\n"));
  EXPECT_THAT(text, HasSubstr("HTTP_HOST: shop.example\n"));
}

TEST(Effective, OneModuleIsShownAlone) {
  const auto loaded =
      load_text("modules: {shop: {timeout: 3s, params: {HTTP_COOKIE: x}}, other: {timeout: 9s}}");
  ASSERT_TRUE(loaded) << loaded.error();
  const std::string text = module_yaml(loaded->config.modules.at("shop"));
  EXPECT_THAT(text, testing::StartsWith("modules:\n  shop:\n"));
  EXPECT_THAT(text, HasSubstr("timeout: 3s\n"));
  EXPECT_THAT(text, HasSubstr("HTTP_COOKIE: \"<secret>\"\n"));
  EXPECT_THAT(text, Not(HasSubstr("other")));
  EXPECT_THAT(text, Not(HasSubstr("targets")));
}

TEST(Effective, ItsHiddenValuesAreNotReadBack) {
  const auto loaded = load_text("modules: {shop: {params: {HTTP_COOKIE: x}}}");
  ASSERT_TRUE(loaded);
  const auto again = load_text(effective_yaml(loaded->config, Secrets::hidden));
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error(), HasSubstr("the value was hidden here; write the real one"));
}

}  // namespace
}  // namespace config
