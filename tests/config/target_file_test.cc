// Files of targets in the shape of Prometheus' file_sd: what they mean, and each way to be bad.
#include "config/target_file.h"

#include <gmock/gmock.h>

#include "config/loading.h"

namespace config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

base::Result<std::vector<FileTarget>> parse(std::string_view text, const TargetFiles& rule = {}) {
  return parse_target_file("f", text, rule, default_config());
}

TEST(TargetFile, PrometheusOwnShapeIsReadAsYamlAndAsJson) {
  const TargetFiles rule{.files = {}, .module = "ping", .labels = {{"app", "x"}, {"site", "a"}}};
  for (const char* text : {"- targets: [\"10.0.0.7:9000\", 'www=unix:/run/www.sock']\n"
                           "  labels: {app: shop, __meta_id: 7x}\n",
                           R"([{"targets":["10.0.0.7:9000","www=unix:/run/www.sock"],
             "labels":{"app":"shop","__meta_id":"7x"}}])"}) {
    const auto read = parse(text, rule);
    ASSERT_TRUE(read) << read.error();
    ASSERT_EQ(read->size(), 2U);
    const Target& first = read->at(0).target;
    EXPECT_EQ(first.name, "10.0.0.7:9000");
    EXPECT_EQ(first.module, "ping");
    EXPECT_EQ(first.source, "target_files");
    EXPECT_THAT(first.labels, ElementsAre(Pair("app", "shop"), Pair("site", "a")));
    EXPECT_EQ(read->at(0).where, "f:1");
    EXPECT_EQ(read->at(1).target.name, "www");
    EXPECT_EQ(read->at(1).target.address.text(), "unix:/run/www.sock");
  }
}

TEST(TargetFile, OurOwnKeysStandBesideTheirs) {
  const auto read = parse(
      "- {targets: [a=/a.sock], module: ping, status_address: /s.sock, max_children: 5, pool: p}");
  ASSERT_TRUE(read) << read.error();
  const Target& target = read->at(0).target;
  EXPECT_EQ(target.module, "ping");
  EXPECT_EQ(target.status_address->text(), "unix:/s.sock");
  EXPECT_EQ(target.max_children, 5U);
  EXPECT_EQ(target.pool, "p");
}

TEST(TargetFile, AnEmptyListMeansNoTargetsAndAnEmptyFileMeansNothing) {
  ASSERT_TRUE(parse("[]"));
  EXPECT_THAT(*parse("[]"), IsEmpty());
  for (const char* text : {"", "\n", "# soon\n", "{}"}) {
    ASSERT_FALSE(parse(text)) << text;
    EXPECT_EQ(parse(text).error(), "f:1: is empty; write [] when there is no target");
  }
}

TEST(TargetFile, EachProblemIsToldWithItsLine) {
  const struct {
    const char* text;
    const char* problem;
  } cases[] = {
      {"a: 1", "must be a list of groups"},
      {"- targets: [a=/a\n", "f:"},
      {"- labels: {}", "targets"},
      {"-\n  targets: [a=/a]\n  label: {}", "f:3: /0/label: "},
      {"- targets:\n  - a=nowhere", "f:2: /0/targets/0: "},
      {"- targets: ['a b=/a']", "is no name"},
      {"- targets: [7]", "an address, or NAME=ADDRESS"},
      {"- targets: [/a]\n- targets: [/x/a]", "is the name of the target of f:1 already"},
      {"- {targets: [/a], labels: {job: x}}", "choose another one"},
      {"- {targets: [/a], module: nope}", "there is no module"},
      {"- {targets: [/a, /b], status_address: /s}", "write a group of its own"},
      {"- {targets: [/a], max_children: 0}", "a whole number from 1"},
      {"- {targets: [/a], pool: ''}", "must be 1 to 200 bytes"},
  };
  for (const auto& each : cases) {
    const auto read = parse(each.text);
    ASSERT_FALSE(read) << each.text;
    EXPECT_THAT(read.error(), testing::StartsWith("f")) << each.text;
    EXPECT_THAT(read.error(), HasSubstr(each.problem)) << each.text;
  }
}

TEST(TargetFile, IsBounded) {
  std::string many = "[{\"targets\": [";
  for (std::size_t i = 0; i <= kMaxTargetsPerFile; ++i) {
    many += (i == 0 ? "\"/a" : ",\"/a") + std::to_string(i) + "\"";
  }
  EXPECT_THAT(parse(many + "]}]").error(), HasSubstr("more than 10000 targets in one file"));
  EXPECT_THAT(parse(std::string(kMaxTargetFileBytes + 1, ' ')).error(), HasSubstr("4 MiB"));
}

TEST(TargetFile, TheExampleIsRead) {
  const auto read = parse(content(examples() / "targets/shop.yaml"));
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->size(), 3U);
}

}  // namespace
}  // namespace config
