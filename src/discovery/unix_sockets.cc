#include "discovery/unix_sockets.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "config/rules.h"
#include "discovery/paths.h"

namespace discovery {
namespace {

constexpr std::string_view kStatusSuffix = "-status.sock";
constexpr std::string_view kSuffix = ".sock";

base::Address address_of(const std::string& path) {
  return {.transport = base::Transport::unix_socket, .path = path};
}

// The socket that a path leads to; nothing when it leads to none.
std::optional<std::string> real_socket(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0 || !S_ISSOCK(file.st_mode)) return std::nullopt;
  std::error_code error;
  const auto real = std::filesystem::canonical(path, error);
  if (error) return std::nullopt;
  return real.string();
}

// Empty when the path can be an address, as in every file that names one.
std::string why_no_address(const std::string& path) {
  const auto address = base::parse_address("unix:" + path);
  return address ? "" : path + " is left out: " + address.error();
}

std::string pool_beside(const std::string& status_path) {
  return status_path.substr(0, status_path.size() - kStatusSuffix.size()).append(kSuffix);
}

bool has_wildcard_in_directory(const std::string& glob) {
  return glob.substr(0, glob.rfind('/')).find_first_of("*?[") != std::string::npos;
}

std::string why_left_out(const std::string& path, Bound bound) {
  switch (bound) {
    case Bound::stream:
    case Bound::other:
      return "";
    case Bound::by_nobody:
      return path + ": nobody listens on this socket, which is no target until somebody does";
    case Bound::unknown:
      return path +
             ": is left out, since the exporter may not write to this socket; give its user access "
             "(listen.group, listen.mode)";
  }
  return "";
}

std::string why_no_pool(const std::string& status_path) {
  return status_path + ": is left out as the status address of " + pool_beside(status_path) +
         ", which is no target; rename the socket if it is that of a pool";
}

std::set<std::string> status_sockets(const std::vector<config::Target>& targets) {
  std::set<std::string> paths;
  for (const config::Target& target : targets) {
    if (target.status_address) paths.insert(target.status_address->path);
  }
  return paths;
}

config::Target target_at_socket(const std::string& path, const config::UnixSockets& rule) {
  config::Target target;
  target.address = address_of(path);
  target.name = has_wildcard_in_directory(rule.glob) ? config::long_name(target.address)
                                                     : config::short_name(target.address);
  target.module = rule.module;
  target.labels = rule.labels;
  target.source = "unix_sockets";
  return target;
}

}  // namespace

Bound who_has_bound(const std::string& path) {
  const auto address = base::socket_address(address_of(path));
  const base::UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!address || !fd.is_open()) return Bound::unknown;
  if (::connect(fd.get(), address->get(), address->size) == 0) return Bound::other;
  if (errno == EPROTOTYPE) return Bound::stream;
  return errno == ECONNREFUSED ? Bound::by_nobody : Bound::unknown;
}

Finding UnixSockets::find(const config::Config& config, base::TimePoint now) {
  Finding found;
  found.source = "unix_sockets";
  std::map<std::string, Seen> by_glob;
  const std::set<std::string> in_use = status_sockets(config.targets);
  for (const config::UnixSockets& rule : config.discovery.unix_sockets) {
    Seen seen = std::move(by_glob_[rule.glob]);
    look(rule, now, seen, found);
    for (const auto& [path, when] : seen) {
      if (path.ends_with(kStatusSuffix)) {
        const bool belongs_to_a_target = seen.contains(pool_beside(path)) || in_use.contains(path);
        if (!belongs_to_a_target) note(found.warnings, why_no_pool(path));
        continue;
      }
      Candidate candidate{.target = target_at_socket(path, rule), .module = {}, .where = path};
      if (path.ends_with(kSuffix)) {
        std::string status = path.substr(0, path.size() - kSuffix.size());
        status += kStatusSuffix;
        if (seen.contains(status)) candidate.target.status_address = address_of(status);
      }
      const std::string reason = config::label_text_problem(candidate.target);
      if (!reason.empty()) {
        note(found.warnings, path + " is left out: " + reason);
        continue;
      }
      found.candidates.push_back(std::move(candidate));
    }
    by_glob[rule.glob] = std::move(seen);
  }
  by_glob_ = std::move(by_glob);
  return found;
}

void UnixSockets::look(const config::UnixSockets& rule, base::TimePoint now, Seen& seen,
                       Finding& out) {
  std::vector<std::string> errors;
  bool are_too_many = false;
  for (const std::string& found : matching_paths(rule.glob, errors)) {
    const auto path = real_socket(found);
    if (!path) continue;
    if (!seen.contains(*path)) {
      std::string reason = why_no_address(*path);
      const Bound bound = reason.empty() ? who_has_bound(*path) : Bound::unknown;
      if (reason.empty()) reason = why_left_out(*path, bound);
      if (!reason.empty()) note(out.warnings, reason);
      if (bound != Bound::stream) continue;
      if (seen.size() == kMaxSockets) {
        are_too_many = true;
        continue;  // those that are known are still to be seen
      }
    }
    seen[*path] = now;
  }
  if (are_too_many) {
    note(out.warnings, rule.glob + ": more than " + std::to_string(kMaxSockets) +
                           " sockets; the rest is left out, give a narrower pattern");
  }
  for (const std::string& error : errors) note(out.warnings, error);
  std::erase_if(seen, [&](const auto& each) {
    return each.second != now && now - each.second >= rule.grace;
  });
}

}  // namespace discovery
