#include "config/web_part.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "config/loading.h"

namespace config {
namespace {

using testing::HasSubstr;

// As `--config.file=file.yaml`, where the file holds `text`.
WebPart part_of(const std::string& text, Flags flags = {}) {
  flags.config_file = "file.yaml";
  auto part =
      load_web_part(flags, {}, [&](const std::string&) { return base::Result<std::string>(text); });
  EXPECT_TRUE(part);
  return std::move(part).value();
}

std::string listen_address(const WebPart& part) {
  return part.config.web.listen_address.at(0).text();
}

constexpr const char* kWeb = "web: {listen_address: '127.0.0.1:1', route_prefix: /x}\n";

TEST(WebPart, IsReadWhateverElseIsWrongWithTheFile) {
  const std::string web = kWeb;
  const std::string lines =
      "web:\n  listen_address:\n  - 127.0.0.1:1\n# a comment\n\n  route_prefix: /x\n";
  for (const std::string& text : std::vector<std::string>{
           web,
           web + "unknown: 1\n",
           web + "targets: 7\nmodules: [a]\nworkers: -1\n",
           web + "targets: [{name: a, address: 'nonsense', module: none}]\n",
           web + "web: {listen_address: '127.0.0.1:2'}\n",
           web + "targets: &a []\ndiscovery: *a\n",
           web + "targets: [\n",
           web + "targets:\n - {name: 'a}\n",
           "targets: [\n" + lines + "modules: {a\n",
           "modules:\n  a: {\n" + web,
           lines + "targets:\n\t- a\n",
           "web: {\n  listen_address: '127.0.0.1:1', max_requests: many,\n  route_prefix: "
           "/x\n}\na: [\n",
           R"({"targets": 1, "web": {"listen_address": "127.0.0.1:1",
                           "route_prefix": "/x", "unknown": 1}})",
       }) {
    const WebPart part = part_of(text);
    EXPECT_EQ(part.problems, "") << text;
    EXPECT_EQ(listen_address(part), "tcp://127.0.0.1:1") << text;
    EXPECT_EQ(part.config.web.route_prefix, "/x") << text;
  }
}

TEST(WebPart, OfAFileWithoutOneIsTheDefault) {
  for (const std::string text : {"", "targets: 7\n", "web: {max_requests: many}\n"}) {
    const WebPart part = part_of(text);
    EXPECT_EQ(part.problems, "") << text;
    EXPECT_EQ(listen_address(part), "tcp://:9253");
    EXPECT_EQ(part.config.web.route_prefix, "/");
  }
}

TEST(WebPart, SaysWhyItIsTheDefault) {
  const auto problems = [](const std::string& text) {
    const WebPart part = part_of(text);
    EXPECT_EQ(listen_address(part), "tcp://:9253") << text;
    return part.problems;
  };
  EXPECT_THAT(problems("\nweb: {listen_address: 7}\n"),
              HasSubstr("file.yaml:2: /web/listen_address: must be"));
  EXPECT_THAT(problems("targets: [\n\nweb:\n  listen_address: 7\n"),
              HasSubstr("file.yaml:4: /web/listen_address: must be"));
  EXPECT_THAT(problems("web: 7\n"), HasSubstr("file.yaml:1: /web: must be a mapping"));
  EXPECT_THAT(problems("- web\n"), HasSubstr("must be a mapping"));
  EXPECT_THAT(problems("web: [\n"), HasSubstr("file.yaml:"));
  EXPECT_THAT(problems("web:\n\tlisten_address: :1\n"), HasSubstr("file.yaml:"));
}

TEST(WebPart, KeepsOfTwoKeysTheGoodOne) {
  const WebPart part = part_of("web: {listen_address: '127.0.0.1:1', route_prefix: x}\n");
  EXPECT_EQ(listen_address(part), "tcp://127.0.0.1:1");
  EXPECT_THAT(part.problems, HasSubstr("/web/route_prefix"));
}

TEST(WebPart, SaysOfAFileThatCannotBeReadWhy) {
  Flags flags;
  flags.config_file = "gone.yaml";
  const auto part = load_web_part(flags, {}, no_file);
  ASSERT_TRUE(part);
  EXPECT_EQ(part->problems, "--config.file=gone.yaml: no file may be read here: gone.yaml");
  EXPECT_EQ(listen_address(*part), "tcp://:9253");
}

TEST(WebPart, IsNotLookedForWhereFlagsSayAll) {
  Flags flags;
  flags.config_file = "gone.yaml";
  flags.listen_addresses = {"127.0.0.1:3"};
  flags.route_prefix = "/y";
  const auto part = load_web_part(flags, {}, no_file);
  ASSERT_TRUE(part);
  EXPECT_EQ(part->problems, "");
  EXPECT_EQ(listen_address(*part), "tcp://127.0.0.1:3");
  EXPECT_EQ(part->config.web.route_prefix, "/y");
}

TEST(WebPart, IsOverriddenByFlagsKeyByKey) {
  Flags flags;
  flags.listen_addresses = {"127.0.0.1:3"};
  const WebPart part = part_of("web: {listen_address: 7, route_prefix: /x}\n", flags);
  EXPECT_EQ(part.problems, "");
  EXPECT_EQ(listen_address(part), "tcp://127.0.0.1:3");
  EXPECT_EQ(part.config.web.route_prefix, "/x");
}

TEST(WebPart, WithoutAFileIsThatOfTheEnvironment) {
  const auto part = load_web_part({}, {{"SERVER", "127.0.0.1:4"}}, no_file);
  ASSERT_TRUE(part);
  EXPECT_EQ(listen_address(*part), "tcp://127.0.0.1:4");
}

TEST(WebPart, DoesNotForgiveFlags) {
  Flags flags;
  flags.config_file = "gone.yaml";
  flags.listen_addresses = {"nonsense"};
  const auto part = load_web_part(flags, {}, no_file);
  ASSERT_FALSE(part);
  EXPECT_THAT(part.error(), HasSubstr("--web.listen-address"));
}

}  // namespace
}  // namespace config
