#include "discovery/target_files.h"

#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "config/file.h"
#include "discovery/paths.h"

namespace discovery {
namespace {

// A file may be written again within one tick of its clock, and look the same.
constexpr std::chrono::seconds kTooYoungToTell{1};

// The first problem of a file, and how many there are.
std::string first_problem(const std::string& problems) {
  const auto more = std::ranges::count(problems, '\n');
  std::string first = problems.substr(0, problems.find('\n'));
  if (more > 0) first += " (and " + std::to_string(more) + " more)";
  return first;
}

// Of a path that no pattern finds: in a directory that cannot be read it may be there all the same.
bool may_be_there(const std::string& path, const config::TargetFiles& rule) {
  const auto matches = [&path](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0;
  };
  struct stat ignored {};
  const bool is_gone = ::stat(path.c_str(), &ignored) != 0 && (errno == ENOENT || errno == ENOTDIR);
  return !is_gone && std::ranges::any_of(rule.files, matches);
}

}  // namespace

Finding TargetFiles::find(const config::Config& config, base::WallTime now) {
  Finding found;
  found.source = "target_files";
  const auto& rules = config.discovery.target_files;
  by_rule_.resize(rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i) find(rules[i], config, now, by_rule_[i], found);
  return found;
}

void TargetFiles::find(const config::TargetFiles& rule, const config::Config& config,
                       base::WallTime now, Files& files, Finding& out) {
  std::set<std::string> paths;
  std::vector<std::string> errors;
  for (const std::string& pattern : rule.files) {
    for (std::string& path : matching_paths(pattern, errors)) paths.insert(std::move(path));
  }
  for (const std::string& error : errors) note(out.warnings, error);
  std::erase_if(files, [&](const auto& file) {
    return !paths.contains(file.first) && (errors.empty() || !may_be_there(file.first, rule));
  });
  std::string left_out;  // the first of them
  for (const std::string& path : paths) {
    const bool has_place = files.size() < kMaxTargetFiles || files.contains(path);
    if (has_place) read(path, rule, config, now, files[path]);
    if (!has_place && left_out.empty()) left_out = path;
  }
  if (!left_out.empty()) {
    note(out.warnings, left_out + ": more than " + std::to_string(kMaxTargetFiles) +
                           " files; the rest is left out, give a narrower pattern");
  }
  for (const auto& [path, file] : files) {
    std::size_t staying = 0;
    for (const config::FileTarget& each : file.good) {
      // Of a content that was good under another configuration.
      if (!config.modules.contains(each.target.module)) continue;
      out.candidates.push_back({.target = each.target, .module = {}, .where = each.where});
      ++staying;
    }
    if (!file.problem.empty()) {
      note(out.warnings, file.problem + "; the " + std::to_string(staying) +
                             " targets of its last good content stay");
    }
  }
}

void TargetFiles::read(const std::string& path, const config::TargetFiles& rule,
                       const config::Config& config, base::WallTime now, File& file) {
  struct stat status {};
  Stamp stamp;  // taken before reading: a change meanwhile is noticed later
  if (::stat(path.c_str(), &status) == 0) {
    const base::Duration changed = std::chrono::seconds(status.st_mtim.tv_sec) +
                                   std::chrono::nanoseconds(status.st_mtim.tv_nsec);
    stamp = {.device = status.st_dev,
             .inode = status.st_ino,
             .bytes = status.st_size,
             .changed_nanoseconds = changed.count(),
             .generation = generation_};
    if (stamp == file.stamp) return;
    if (now.time_since_epoch() - changed < kTooYoungToTell) stamp = {};
  }
  file.stamp = stamp;
  const auto text = config::read_regular_file(path, config::kMaxTargetFileBytes);
  if (!text) {
    file.problem = path + ": " + text.error();
    return;
  }
  auto parsed = config::parse_target_file(path, *text, rule, config);
  file.problem = parsed ? "" : first_problem(parsed.error());
  if (parsed) file.good = std::move(parsed).value();
}

}  // namespace discovery
