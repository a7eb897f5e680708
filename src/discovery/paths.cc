#include "discovery/paths.h"

#include <glob.h>

#include <cerrno>

#include "config/file.h"

namespace discovery {
namespace {

// glob() hands its error function nothing of ours.
thread_local std::vector<std::string>* glob_errors = nullptr;

int note_glob_error(const char* path, int error) {
  if (error != ENOENT && error != ENOTDIR) {
    glob_errors->push_back(std::string(path) + ": " + config::why_unreadable(error));
  }
  return 0;  // go on with the other directories
}

}  // namespace

std::vector<std::string> matching_paths(const std::string& pattern,
                                        std::vector<std::string>& errors) {
  glob_t found{};
  glob_errors = &errors;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): it shares something only to look up a user, GLOB_TILDE
  const int result = ::glob(pattern.c_str(), 0, note_glob_error, &found);
  glob_errors = nullptr;
  std::vector<std::string> paths;
  if (result == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  return paths;
}

}  // namespace discovery
