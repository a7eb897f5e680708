#include "discovery/pool_reader.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/result.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "phpfpm/listen_address.h"

namespace discovery {
namespace {

constexpr std::size_t kMaxWarningBytes = 1024;

std::string error_text(int error) {
  const std::string text = std::generic_category().message(error);
  return error == EACCES ? text + "; let the user that the exporter runs as read it" : text;
}

// glob() hands its error function nothing of ours.
thread_local std::vector<std::string>* glob_errors = nullptr;

int note_glob_error(const char* path, int error) {
  if (error != ENOENT && error != ENOTDIR) {
    glob_errors->push_back(std::string(path) + ": " + error_text(error));
  }
  return 0;  // go on with the other directories
}

std::vector<std::string> matches(const std::string& pattern, std::vector<std::string>& errors) {
  glob_t found{};
  glob_errors = &errors;
  const int result = ::glob(pattern.c_str(), 0, note_glob_error, &found);
  glob_errors = nullptr;
  std::vector<std::string> paths;
  if (result == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  return paths;
}

// Never waits: a named pipe is no file.
base::Result<std::string> read_file(const std::string& path) {
  const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.is_open()) return base::Unexpected{error_text(errno)};
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return base::Unexpected{error_text(errno)};
  if (!S_ISREG(status.st_mode)) return base::Unexpected{"is no file"};
  std::string text(phpfpm::kMaxPoolFileBytes + 1, '\0');  // one more tells that it is too long
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(fd.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::Unexpected{error_text(errno)};
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

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
    std::vector<std::string> paths = matches(pattern, errors);
    for (const std::string& error : errors) warn(error);
    return paths;
  }

  void read_into(phpfpm::PoolSet& pools, const std::string& path, int depth) {
    if (files_ == kMaxPoolFiles) {
      return warn_once(path + ": more than " + std::to_string(kMaxPoolFiles) +
                       " files; the rest is left out, give a narrower pattern");
    }
    ++files_;
    const auto text = read_file(path);
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
