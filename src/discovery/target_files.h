// The targets that `discovery.target_files` stands for. Keeps of each file the last content that
// was good: a file that is half written, or cannot be read, changes nothing. One owner, one thread;
// blocks on the disk.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "config/config.h"
#include "config/target_file.h"
#include "discovery/finding.h"

namespace discovery {

inline constexpr std::size_t kMaxTargetFiles = 1'000;  // of one rule; the others are left out

class TargetFiles {
 public:
  Finding find(const config::Config& config, base::WallTime now);

  // The rules or the modules are others: files that have not changed may mean something else.
  void read_all_again() { ++generation_; }

 private:
  // Tells a file that has changed since it was read.
  struct Stamp {
    std::uint64_t device = 0, inode = 0;
    std::int64_t bytes = 0, changed_nanoseconds = 0;
    std::uint64_t generation = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct File {
    Stamp stamp;  // all zero: read it again
    std::vector<config::FileTarget> good;
    std::string problem;  // of what is there now
  };
  using Files = std::map<std::string, File>;  // by path

  void find(const config::TargetFiles& rule, const config::Config& config, base::WallTime now,
            Files& files, Finding& out);
  void read(const std::string& path, const config::TargetFiles& rule, const config::Config& config,
            base::WallTime now, File& file);

  std::vector<Files> by_rule_;  // as the rules stand
  std::uint64_t generation_ = 1;
};

}  // namespace discovery
