#include "discovery/merge.h"

#include <sys/stat.h>

#include <filesystem>
#include <iterator>
#include <set>
#include <system_error>
#include <utility>

#include "config/effective.h"
#include "config/rules.h"
#include "config/target_fields.h"

namespace discovery {
namespace {

constexpr int kMaxLinks = 8;  // a link to a link to ...

// Where links lead to, though nothing is there: weakly_canonical() takes such a link for a file.
std::filesystem::path behind_links(std::filesystem::path path) {
  std::error_code error;
  for (int links = 0; links < kMaxLinks; ++links) {
    const auto leads_to = std::filesystem::read_symlink(path, error);
    if (error) break;
    path = path.parent_path() / leads_to;
  }
  return path;
}

// What two ways to write one socket have in common: its file, or, while there is none, its path
// with the links that are there already followed.
std::string socket_key(const base::Address& address) {
  if (address.transport == base::Transport::tcp || !address.path.starts_with('/')) {
    return address.text();
  }
  struct stat file {};
  if (::stat(address.path.c_str(), &file) == 0) {
    return "file:" + std::to_string(file.st_dev) + ":" + std::to_string(file.st_ino);
  }
  std::error_code error;
  const auto path = std::filesystem::weakly_canonical(behind_links(address.path), error);
  return error ? address.text() : "unix:" + path.string();
}

// Everything about a module but its name.
std::string content_of(config::Module module) {
  module.name = "m";
  config::Config config;
  config::Target target;
  target.module = module.name;
  config.modules.emplace(module.name, std::move(module));
  config.targets.push_back(std::move(target));
  return config::targets_yaml(config);
}

class Merger {
 public:
  explicit Merger(config::Config& config) : config_(config), first_(config.targets.size()) {
    for (const config::Target& target : config.targets) take_place(target);
  }

  void add(const Finding& finding) {
    merged_.targets[finding.source];
    for (const Candidate& candidate : finding.candidates) add(candidate, finding.source);
  }

  Merged take() {
    config::Config added;
    added.modules = config_.modules;
    added.targets.assign(config_.targets.begin() + static_cast<std::ptrdiff_t>(first_),
                         config_.targets.end());
    for (const std::string& warning : config::unused_by_targets(added)) {
      note(merged_.warnings, warning);
    }
    return std::move(merged_);
  }

 private:
  void add(const Candidate& candidate, const std::string& source) {
    config::Target target = candidate.target;
    const auto same_socket = sockets_.find(socket_key(target.address));
    if (same_socket != sockets_.end()) {
      // Found twice, by two patterns, it is simply there.
      if (same_socket->second == target.name) return;
      return leave_out(candidate, source, "the target " + same_socket->second + " has its socket");
    }
    if (names_.contains(target.name)) {
      return leave_out(candidate, source,
                       "another target has its name; give it a name of its own, or write it under "
                       "`targets`");
    }
    if (candidate.module) target.module = keep(*candidate.module);
    take_place(target);
    config_.targets.push_back(std::move(target));
    ++merged_.targets[source];
  }

  void take_place(const config::Target& target) {
    names_.insert(target.name);
    sockets_.emplace(socket_key(target.address), target.name);
  }

  void leave_out(const Candidate& candidate, const std::string& source, const std::string& reason) {
    const config::Target& target = candidate.target;
    merged_.left_out.insert(source + " " + target.name + " " + target.address.text());
    note(merged_.conflicts,
         candidate.where + ": " + candidate.target.name + " is left out: " + reason);
  }

  // Targets that are asked the same share a module. Two that are not may come to one name: /a-b,
  // /a/b.
  std::string keep(config::Module module) {
    const auto [known, is_new] = module_names_.emplace(content_of(module), "");
    if (!is_new) return known->second;
    const std::string wanted = module.name;
    for (int number = 2; config_.modules.contains(module.name); ++number) {
      const std::string suffix = ":" + std::to_string(number);
      module.name = wanted.substr(0, config::kMaxNameBytes - suffix.size()) + suffix;
    }
    known->second = module.name;
    config_.modules.emplace(module.name, std::move(module));
    return known->second;
  }

  config::Config& config_;
  const std::size_t first_;  // of the targets that were found
  std::set<std::string> names_;
  std::map<std::string, std::string> sockets_;       // key -> name of the target
  std::map<std::string, std::string> module_names_;  // content -> name
  Merged merged_;
};

}  // namespace

Merged merge(const std::vector<Finding>& findings, config::Config& config) {
  Merger merger(config);
  for (const Finding& finding : findings) merger.add(finding);
  return merger.take();
}

}  // namespace discovery
