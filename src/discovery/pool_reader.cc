#include "discovery/pool_reader.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "config/file.h"
#include "discovery/paths.h"
#include "phpfpm/listen_address.h"

namespace discovery {
namespace {

constexpr std::size_t kMaxWarningBytes = 1024;

class Reader {
 public:
  void read_glob(const std::string& pattern) {
    for (const std::string& path : matching(pattern)) {
      phpfpm::PoolSet pools;
      read_into(pools, path, 0);
      out_.pools.insert(out_.pools.end(), pools.pools().begin(), pools.pools().end());
      for (const std::string& problem : pools.problems()) warn(problem);
    }
  }

  PoolsRead take() { return std::move(out_); }

 private:
  std::vector<std::string> matching(const std::string& pattern) {
    std::vector<std::string> errors;
    std::vector<std::string> paths = matching_paths(pattern, errors);
    for (const std::string& error : errors) warn(error);
    return paths;
  }

  void read_into(phpfpm::PoolSet& pools, const std::string& path, int depth) {
    if (files_ == kMaxPoolFiles) {
      return warn_once(path + ": more than " + std::to_string(kMaxPoolFiles) +
                       " files; the rest is left out, give a narrower pattern");
    }
    ++files_;
    const auto text = config::read_regular_file(path, phpfpm::kMaxPoolFileBytes);
    if (!text) return warn(path + ": " + text.error());
    const phpfpm::PoolFile file = phpfpm::parse_pool_file(*text);
    for (const phpfpm::PoolProblem& problem : file.problems) {
      warn(path + ":" + std::to_string(problem.line) + ": " + problem.what);
    }
    for (const phpfpm::PoolDirective& directive : file.directives) {
      if (directive.kind == phpfpm::PoolDirective::Kind::include) {
        read_included(pools, directive, path, depth + 1);
      } else {
        pools.apply(directive, path);
      }
    }
  }

  // A pattern that matches nothing is all right with FPM, too.
  void read_included(phpfpm::PoolSet& pools, const phpfpm::PoolDirective& include,
                     const std::string& path, int depth) {
    if (depth > kMaxIncludeDepth) {
      return warn_once(path + ":" + std::to_string(include.line) + ": more than " +
                       std::to_string(kMaxIncludeDepth) +
                       " files include each other; this one is left out");
    }
    if (files_ == kMaxPoolFiles) return;  // before many patterns are looked up in vain
    const bool is_whole = include.value.starts_with('/');
    const std::string pattern =
        is_whole ? include.value : std::string(phpfpm::kBuiltInPrefix) + "/" + include.value;
    if (std::ranges::find(out_.included, pattern) == out_.included.end()) {
      out_.included.push_back(pattern);
    }
    for (const std::string& found : matching(pattern)) read_into(pools, found, depth);
  }

  void warn(const std::string& text) {
    if (out_.warnings.size() < kMaxReadWarnings) {
      out_.warnings.push_back(base::clean_text(text, kMaxWarningBytes));
    }
  }

  void warn_once(const std::string& text) {
    if (!std::exchange(is_full_told_, true)) warn(text);
  }

  PoolsRead out_;
  std::size_t files_ = 0;
  bool is_full_told_ = false;
};

}  // namespace

PoolsRead read_pools(const std::vector<std::string>& globs) {
  Reader reader;
  for (const std::string& glob : globs) reader.read_glob(glob);
  return reader.take();
}

}  // namespace discovery
