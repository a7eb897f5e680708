#include "discovery/files.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/unique_fd.h"

namespace discovery {
namespace {

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

base::Result<std::string> read_bytes(const std::string& path, std::size_t limit) {
  const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.is_open()) return base::Unexpected{error_text(errno)};
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return base::Unexpected{error_text(errno)};
  if (!S_ISREG(status.st_mode)) return base::Unexpected{"is no file"};
  std::string text(limit + 1, '\0');
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

}  // namespace discovery
