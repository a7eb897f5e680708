#include "config/shard.h"

#define XXH_INLINE_ALL  // a few hundred bytes of code instead of one more library at run time
#include <xxhash.h>

#include <charconv>

#include "base/text.h"

namespace config {
namespace {

std::uint64_t weight(std::uint32_t index, std::string_view name) {
  return XXH64(name.data(), name.size(), index);
}

}  // namespace

bool owns(const Shard& shard, std::string_view target_name) {
  std::uint32_t owner = 0;
  std::uint64_t most = weight(0, target_name);
  for (std::uint32_t index = 1; index < shard.count; ++index) {
    const std::uint64_t other = weight(index, target_name);
    if (other > most) {
      most = other;
      owner = index;
    }
  }
  return owner == shard.index;
}

base::Result<std::uint32_t> parse_shard_index(std::string_view index) {
  std::size_t digits = index.size();
  while (digits > 0 && base::is_digit(index[digits - 1])) --digits;
  const bool is_ordinal = digits == 0 || (digits > 1 && index[digits - 1] == '-');
  std::uint32_t number = 0;
  const auto [end, error] =
      std::from_chars(index.data() + digits, index.data() + index.size(), number);
  if (!is_ordinal || error != std::errc() || number >= kMostShards) {
    return base::Unexpected{"must be a number from 0 to " + std::to_string(kMostShards - 1) +
                            ", or the name of a StatefulSet's pod, which ends in one, such as "
                            "fastcgi-exporter-2"};
  }
  return number;
}

std::string shard_text(const Shard& shard) {
  return std::to_string(shard.index) + " of " + std::to_string(shard.count);
}

}  // namespace config
