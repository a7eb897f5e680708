// Which of the targets this exporter watches, where several of one configuration share them. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace config {

inline constexpr std::uint32_t kMostShards = 1000;

struct Shard {
  std::uint32_t index = 0;  // below count
  std::uint32_t count = 1;  // 1: every target is ours

  bool is_everything() const { return count == 1; }
  bool operator==(const Shard&) const = default;
};

// Each name belongs to exactly one of `count` shards: to the one whose index, as the seed of XXH64,
// gives the name the greatest hash, the lower of two equal ones. So one shard more takes over its
// part, and nothing moves between the others.
bool owns(const Shard& shard, std::string_view target_name);

// `index` is a number, or a name that ends in one, such as a StatefulSet's pod: "exporter-2". The
// error says what to write.
base::Result<std::uint32_t> parse_shard_index(std::string_view index);

// "1 of 3"
std::string shard_text(const Shard& shard);

}  // namespace config
