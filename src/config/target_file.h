// A file that names targets, written by another program, in the shape of Prometheus' file_sd: a
// list of groups with `targets` and `labels`, and keys of our own beside these. YAML or JSON. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "config/fields.h"

namespace config {

inline constexpr std::size_t kMaxTargetFileBytes = 4 << 20;
inline constexpr std::size_t kMaxTargetsPerFile = 10'000;

struct FileTarget {
  Target target;
  std::string where;  // FILE:LINE
};

// All targets of the file, or every problem of it, a line each: half a file is no file. An empty
// file is a problem, too, since a writer may be about to fill it: `[]` means no targets. `defaults`
// are the rule's; the modules are those of `config`.
base::Result<std::vector<FileTarget>> parse_target_file(std::string_view file,
                                                        std::string_view text,
                                                        const TargetFiles& defaults,
                                                        const Config& config);

// The table of the keys, for the reference.
void describe_target_file(std::vector<ReferenceTable>& out);

}  // namespace config
