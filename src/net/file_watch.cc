#include "net/file_watch.h"

#include <fnmatch.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

namespace net {
namespace {

namespace fs = std::filesystem;

// A file that is still being written is of no use: its last close is what counts.
constexpr std::uint32_t kEvents = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                  IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |
                                  IN_ONLYDIR;
constexpr std::size_t kEventBytes = 65'536;
constexpr int kMaxEventReadsPerTurn = 64;  // a flood does not hold up the owner's other work

std::string text_of(int error_number) {
  return std::generic_category().message(error_number);
}

std::string init_problem(int error_number) {
  return "changes of files are not noticed at once (inotify: " + text_of(error_number) +
         "); raise fs.inotify.max_user_instances or the limit of open files";
}

bool has_wildcard(const std::string& name) {
  return name.find_first_of("*?[\\") != std::string::npos;
}

bool matches(const std::string& pattern, const char* name) {
  return ::fnmatch(pattern.c_str(), name, FNM_PERIOD) == 0;
}

// The first name of a path, and what follows it.
std::pair<std::string, std::string> split_first(std::string_view path) {
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  const std::size_t slash = std::min(path.find('/'), path.size());
  std::string_view rest = path.substr(slash);
  rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
  return {std::string(path.substr(0, slash)), std::string(rest)};
}

// One follow(): from the root along all patterns. A directory is watched before it is listed, so
// that nothing appears in between unseen.
class Walk {
 public:
  using Names = std::vector<std::string>;

  Walk(int inotify, std::size_t max_directories)
      : inotify_(inotify), max_directories_(max_directories) {}

  void along(const std::string& path, int links_left) { step("/", path, links_left); }

  std::unordered_map<int, Names> take_watched() { return std::move(watched_); }
  std::string take_problem() { return std::move(problem_); }

 private:
  void step(const std::string& directory, const std::string& rest, int links_left) {
    const auto [name, after] = split_first(rest);
    if (name.empty() || !seen_.emplace(directory, rest).second) return;
    if (seen_.size() > max_directories_) {
      problem_ = "more than " + std::to_string(max_directories_) +
                 " directories are to be watched, and changes in the others are noticed late; "
                 "give narrower patterns";
      return;
    }
    watch(directory, name);
    for (const std::string& found : entries(directory, name)) {
      const std::string path = directory + found;
      std::error_code none;
      if (fs::is_symlink(fs::symlink_status(path, none))) follow_link(directory, path, links_left);
      if (!after.empty() && fs::is_directory(path, none)) step(path + "/", after, links_left);
    }
  }

  void follow_link(const std::string& directory, const std::string& link, int links_left) {
    if (links_left == 0) return;
    std::error_code none;
    const std::string leads_to = fs::read_symlink(link, none).string();
    if (!none) along(leads_to.starts_with('/') ? leads_to : directory + leads_to, links_left - 1);
  }

  // A link's own path may have what looks like a wildcard; it then finds the same file, or more.
  static std::vector<std::string> entries(const std::string& directory, const std::string& name) {
    if (!has_wildcard(name)) return {name};
    std::vector<std::string> found;
    std::error_code none;
    for (fs::directory_iterator entry(directory, none), end; !none && entry != end;
         entry.increment(none)) {
      std::string each = entry->path().filename().string();
      if (matches(name, each.c_str())) found.push_back(std::move(each));
    }
    return found;
  }

  // A directory that is not there is noticed by the one above it.
  void watch(const std::string& directory, const std::string& name) {
    if (inotify_ < 0) return;
    const int number = ::inotify_add_watch(inotify_, directory.c_str(), kEvents);
    if (number >= 0) {
      Names& names = watched_[number];
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    } else if (errno == ENOSPC || errno == ENOMEM) {
      problem_ = "changes in some directories are noticed late (inotify: " + text_of(errno) +
                 "); raise fs.inotify.max_user_watches";
    }
  }

  const int inotify_;
  const std::size_t max_directories_;
  std::set<std::pair<std::string, std::string>> seen_;  // steps that were taken
  std::unordered_map<int, Names> watched_;
  std::string problem_;
};

}  // namespace

FileWatch::FileWatch(std::size_t max_directories)
    : max_directories_(max_directories),
      inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      init_problem_(inotify_.is_open() ? "" : init_problem(errno)),
      problem_(init_problem_) {}

void FileWatch::follow(const std::vector<std::string>& patterns) {
  Walk walk(inotify_.get(), max_directories_);
  for (const std::string& pattern : patterns) walk.along(pattern, kMaxLinksOnTheWay);
  const auto before = std::exchange(watched_, walk.take_watched());
  for (const auto& [number, names] : before) {
    // Fails for a directory that is gone, as it should.
    if (!watched_.contains(number)) ::inotify_rm_watch(inotify_.get(), number);
  }
  problem_ = init_problem_.empty() ? walk.take_problem() : init_problem_;
}

bool FileWatch::take_changes() {
  alignas(inotify_event) char buffer[kEventBytes];
  bool has_changed = false;
  for (int reads = 0; reads < kMaxEventReadsPerTurn; ++reads) {
    const ssize_t size = ::read(inotify_.get(), buffer, sizeof buffer);
    if (size <= 0) break;
    for (const char* at = buffer; at < buffer + size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      at += sizeof(inotify_event) + event->len;
      if ((event->mask & IN_IGNORED) != 0) continue;
      const bool is_overflow = (event->mask & IN_Q_OVERFLOW) != 0;
      has_changed |= is_overflow || matters(event->wd, event->len == 0 ? nullptr : event->name);
    }
  }
  return has_changed;
}

// What happens to a watched directory itself (no name) matters always.
bool FileWatch::matters(int watch, const char* name) const {
  const auto found = watched_.find(watch);
  if (found == watched_.end()) return false;
  return name == nullptr || std::ranges::any_of(found->second, [name](const std::string& pattern) {
           return pattern == name || matches(pattern, name);
         });
}

}  // namespace net
