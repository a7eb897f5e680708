// Tells an event loop that files may have changed: inotify on every directory along a path or a
// glob pattern, and along the symbolic links on its way, so that what is not there yet, what is
// renamed over and what is swapped behind a link (a mounted ConfigMap) is noticed, too. A hint and
// no proof: network file systems tell nothing, a file that is written and kept open tells nothing,
// and inotify has limits; the owner reads again now and then in any case. Owned and used by one
// thread; listing directories blocks on the disk. Nothing fails: what cannot be watched is not.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/unique_fd.h"

namespace net {

inline constexpr std::size_t kMaxWatchedDirectories = 8'192;  // more wait for the next reading
inline constexpr int kMaxLinksOnTheWay = 8;                   // a link to a link to ...

class FileWatch {
 public:
  explicit FileWatch(std::size_t max_directories = kMaxWatchedDirectories);

  // Whole paths, or patterns as glob(3) takes them, instead of those before. Call it again with
  // every change that was taken, always before the files are read: what changes after that is told.
  void follow(const std::vector<std::string>& patterns);

  int fd() const { return inotify_.get(); }  // readable when something happened; -1: never

  // What has happened is forgotten. Whether any of it may have changed what is followed: a thing of
  // a wanted name came, went or was written, or the kernel lost count.
  bool take_changes();

  // Why not all directories are watched, and what to do, since the last follow(); else empty.
  const std::string& problem() const { return problem_; }

 private:
  using Names = std::vector<std::string>;  // patterns for the names that matter in one directory

  bool matters(int watch, const char* name) const;

  const std::size_t max_directories_;
  base::UniqueFd inotify_;
  const std::string init_problem_;
  std::unordered_map<int, Names> watched_;  // by the kernel's number for it
  std::string problem_;
};

}  // namespace net
