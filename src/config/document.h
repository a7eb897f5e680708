// A configuration file as a JSON value and the line of each of its parts. One reader for YAML and
// JSON: YAML 1.2 contains JSON (tab-indented JSON included), so that both get the same limits,
// messages and line numbers.
//
// A plain YAML scalar is what JSON would call it (5, 1.5, true, null), and else text: yes, 0777,
// 0x1F, 1_000 and .5 stay text, so that nothing means one thing here and another thing to another
// YAML reader. Quoted is always text.
#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "config/problems.h"

namespace config {

using Json = nlohmann::json;

inline constexpr std::size_t kMaxFileBytes = 16 << 20;
inline constexpr std::size_t kMaxNodes =
    500'000;  // values in one file: 10,000 targets with 10 labels are 160,000
inline constexpr std::size_t kMaxDepth = 32;  // the schema needs 7

struct Document {
  std::shared_ptr<const Json> root;  // never null; an empty file is an empty mapping
  Lines lines;
};

// Duplicate keys, aliases, merge keys and tags are problems; the rest is returned all the same, so
// that its problems are found in the same go. Broken syntax is a problem that leaves an empty
// document: what follows it means nothing.
Document parse_document(std::string_view file, std::string_view text, Problems& problems);

}  // namespace config
