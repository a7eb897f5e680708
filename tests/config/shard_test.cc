#include "config/shard.h"

#include <gmock/gmock.h>

#include <array>
#include <vector>

#include "config/effective.h"
#include "config/loading.h"

namespace config {
namespace {

using testing::HasSubstr;

constexpr std::size_t kNames = 10'000;

std::string name(std::size_t i) {
  return "php8.2-pool-" + std::to_string(i);
}

std::uint32_t owner(std::string_view target, std::uint32_t count) {
  std::vector<std::uint32_t> owners;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (owns({.index = i, .count = count}, target)) owners.push_back(i);
  }
  EXPECT_EQ(owners.size(), 1u) << target << " of " << count;
  return owners.empty() ? 0 : owners.front();
}

struct Golden {
  const char* target;
  std::array<std::uint32_t, 5> owners;  // of 2, 3, 4, 10 and 1000 shards
};

// From another implementation of XXH64, in Python, written from its specification: exporters of
// different versions that run side by side must agree, so none of these may ever change.
TEST(Shard, OwnersAreThoseOfTheGoldenVectors) {
  const std::vector<Golden> vectors{
      {"www", {1, 1, 1, 9, 515}},
      {"shop", {0, 0, 0, 9, 13}},
      {"php8.2-www", {0, 0, 3, 3, 92}},
      {"10.0.0.7:9000", {1, 1, 3, 3, 791}},
      {"php@10.1.2.3:9000", {1, 1, 1, 9, 695}},
      {"a-name-of-more-than-thirty-two-bytes@example", {1, 1, 1, 1, 120}},
  };
  for (const auto& [target, owners] : vectors) {
    EXPECT_EQ(owner(target, 1), 0u);
    EXPECT_EQ((std::array{owner(target, 2), owner(target, 3), owner(target, 4), owner(target, 10)}),
              (std::array{owners[0], owners[1], owners[2], owners[3]}))
        << target;
    EXPECT_TRUE(owns({.index = owners[4], .count = 1000}, target)) << target;
  }
}

TEST(Shard, EachOfTenThousandTargetsHasOneOwnerAndTheSharesAreFair) {
  for (const std::uint32_t count : {2u, 3u, 7u}) {
    std::vector<std::size_t> shares(count);
    for (std::size_t i = 0; i < kNames; ++i) ++shares[owner(name(i), count)];
    for (const std::size_t share : shares) {
      EXPECT_GT(share, kNames / count * 9 / 10) << "of " << count;
      EXPECT_LT(share, kNames / count * 11 / 10) << "of " << count;
    }
  }
}

TEST(Shard, GrowthFromThreeToFourMovesAQuarterAndOnlyToTheNewOne) {
  std::size_t moved = 0;
  for (std::size_t i = 0; i < kNames; ++i) {
    const std::uint32_t before = owner(name(i), 3);
    const std::uint32_t after = owner(name(i), 4);
    if (before == after) continue;
    EXPECT_EQ(after, 3u);
    ++moved;
  }
  EXPECT_GT(moved, kNames * 23 / 100);
  EXPECT_LT(moved, kNames * 27 / 100);
}

TEST(ShardIndex, IsANumberOrEndsThePodsName) {
  EXPECT_EQ(parse_shard_index("0").value(), 0u);
  EXPECT_EQ(parse_shard_index("999").value(), 999u);
  EXPECT_EQ(parse_shard_index("fastcgi-exporter-2").value(), 2u);
  EXPECT_EQ(parse_shard_index("exporter-10").value(), 10u);
  for (const char* bad : {"", "-1", "1000", "exporter", "exporter-", "exporter2", "1.5", "2-",
                          "exporter-99999999999999999999"}) {
    const auto index = parse_shard_index(bad);
    ASSERT_FALSE(index) << bad;
    EXPECT_THAT(index.error(), HasSubstr("such as fastcgi-exporter-2"));
  }
}

TEST(Shard, IsSaidByFlagsAndStandsAboveTheEffectiveFile) {
  Flags flags;
  const auto alone = load_text("targets: []", flags);
  ASSERT_TRUE(alone) << alone.error();
  EXPECT_TRUE(alone->config.shard.is_everything());
  EXPECT_THAT(effective_yaml(alone->config, Secrets::hidden), testing::Not(HasSubstr("shard")));
  flags.shard_index = "exporter-2";
  flags.shard_count = 3;
  const auto one = load_text("targets: []", flags);
  ASSERT_TRUE(one) << one.error();
  EXPECT_EQ(one->config.shard, (Shard{.index = 2, .count = 3}));
  EXPECT_THAT(effective_yaml(one->config, Secrets::hidden),
              testing::StartsWith("# --shard.index=2 --shard.count=3: "));
}

}  // namespace
}  // namespace config
