// PHP-FPM's configuration (php-fpm.conf, pool.d/*.conf) as the pools it sets up, read as FPM reads
// it: line by line, sections of one name (in any case) are one pool, and an included file goes on
// where the line stands. Pure; values. Nothing here fails: what cannot be read becomes a problem
// for people, and unknown keys are none of ours.
// Source of the format: sapi/fpm/fpm/fpm_conf.c of php-src, compared with `php-fpm8.2 -tt`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phpfpm {

inline constexpr std::size_t kMaxPoolFileBytes = 1 << 20;  // the rest is left out, with a problem
inline constexpr std::size_t kMaxPoolFileLineBytes = 16 << 10;
inline constexpr std::size_t kMaxPoolValueBytes = 1024;  // `$pool` already replaced
inline constexpr std::size_t kMaxPoolSectionBytes = 200;
inline constexpr std::size_t kMaxPoolDirectives = 20'000;  // of one file, those of other keys apart
inline constexpr std::size_t kMaxPoolProblems = 20;        // of one file, or one set of pools
inline constexpr std::size_t kMaxPools = 4'096;            // of one set
inline constexpr std::uint32_t kMaxPoolChildren = 1'000'000;

struct PoolProblem {
  int line = 0;
  std::string what;  // cleaned; says what to do where that is known
  bool operator==(const PoolProblem&) const = default;
};

// One line that means something to us.
struct PoolDirective {
  enum class Kind : std::uint8_t { section, value, include };
  Kind kind = Kind::value;
  int line = 0;
  std::string key;    // of a value, in lower case
  std::string value;  // of a section its name, empty when that is bad; of an include its pattern
  bool operator==(const PoolDirective&) const = default;
};

struct PoolFile {
  std::vector<PoolDirective> directives;
  std::vector<PoolProblem> problems;
  bool operator==(const PoolFile&) const = default;
};

PoolFile parse_pool_file(std::string_view text);

// An empty text: not set.
struct Pool {
  std::string name;
  std::string listen;
  std::string ping_path;
  std::string ping_response;
  std::string status_path;
  std::string status_listen;
  std::string prefix;
  std::optional<std::uint32_t> max_children;
  std::string file;  // of its first section
  int line = 0;
  bool operator==(const Pool&) const = default;
};

// Gathers pools out of the directives of one FPM's files, in FPM's order. One owner, one thread.
class PoolSet {
 public:
  // An include is the caller's: it applies the directives of those files instead.
  void apply(const PoolDirective& directive, std::string_view file);

  const std::vector<Pool>& pools() const { return pools_; }
  // "FILE:LINE: what"
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  void enter(const PoolDirective& section, std::string_view file);
  void set(Pool& pool, const PoolDirective& directive, std::string_view file);
  void add_problem(const PoolDirective& directive, std::string_view file, std::string_view what);

  std::vector<Pool> pools_;
  std::optional<std::size_t> current_;  // none: [global], or no section yet
  std::vector<std::string> problems_;
};

}  // namespace phpfpm
