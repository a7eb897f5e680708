#include "discovery/pool_files.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "config/effective.h"
#include "config/rules.h"
#include "config/target_fields.h"
#include "config/wording.h"
#include "discovery/pool_reader.h"
#include "discovery/pool_targets.h"

namespace discovery {
namespace {

constexpr std::size_t kMaxNotes = 1'000;  // warnings, and hints
constexpr std::size_t kMaxNoteBytes = 1024;

// What two ways to write one socket have in common; links are followed as far as files are there.
std::string socket_key(const base::Address& address) {
  if (address.transport == base::Transport::tcp || !address.path.starts_with('/')) {
    return address.text();
  }
  std::error_code error;
  const auto path = std::filesystem::weakly_canonical(address.path, error);
  return error ? address.text() : "unix:" + path.string();
}

void note(std::vector<std::string>& notes, const std::string& text) {
  if (notes.size() < kMaxNotes) notes.push_back(base::clean_text(text, kMaxNoteBytes));
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

class Finder {
 public:
  explicit Finder(config::Config& config) : config_(config) {
    for (const config::Target& target : config.targets) {
      names_.insert(target.name);
      sockets_.emplace(socket_key(target.address), target.name);
    }
  }

  void follow(const config::PhpFpmPools& rule) {
    PoolsRead read = read_pools(rule.files);
    for (const std::string& warning : read.warnings) note(found_.warnings, warning);
    if (read.pools.empty()) {
      note(found_.warnings, "no PHP-FPM pool is in " + config::joined(rule.files) +
                                "; see that the pattern is right and its files can be read");
    }
    for (const phpfpm::Pool& pool : read.pools) add(pool, rule);
  }

  Discovered take() {
    config::Config added;
    added.modules = config_.modules;
    const auto first = config_.targets.end() - static_cast<std::ptrdiff_t>(found_.targets);
    added.targets.assign(first, config_.targets.end());
    for (const std::string& warning : config::unused_by_targets(added)) {
      note(found_.warnings, warning);
    }
    return std::move(found_);
  }

 private:
  void add(const phpfpm::Pool& pool, const config::PhpFpmPools& rule) {
    auto made = make_target(pool, rule);
    if (!made) return note(found_.warnings, made.error());
    config::Target target = std::move(made).value();
    if (!is_new(target, pool)) return;
    Adapted adapted = adapt(config_.modules.at(rule.module), pool);
    if (adapted.module) target.module = keep(std::move(*adapted.module));
    for (const std::string& hint : adapted.hints) note(found_.hints, hint);
    names_.insert(target.name);
    sockets_.emplace(socket_key(target.address), target.name);
    config_.targets.push_back(std::move(target));
    ++found_.targets;
  }

  bool is_new(const config::Target& target, const phpfpm::Pool& pool) {
    const std::string where = pool.file + ":" + std::to_string(pool.line) + ": ";
    const auto same_socket = sockets_.find(socket_key(target.address));
    if (same_socket != sockets_.end()) {
      // Read twice, by two patterns, it is simply there.
      if (same_socket->second != target.name) {
        note(found_.warnings, where + target.name + " is left out: the target " +
                                  same_socket->second + " has its socket");
      }
      return false;
    }
    if (!names_.contains(target.name)) return true;
    note(found_.warnings, where + target.name +
                              " is left out: another target has its name; give the pool a name of "
                              "its own, or write it under `targets`");
    return false;
  }

  // Pools that are asked the same share a module. Two that are not may come to one name: /a-b,
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
  std::set<std::string> names_;
  std::map<std::string, std::string> sockets_;       // key -> name of the target
  std::map<std::string, std::string> module_names_;  // content -> name
  Discovered found_;
};

}  // namespace

Discovered add_php_fpm_pools(config::Config& config) {
  Finder finder(config);
  for (const config::PhpFpmPools& rule : config.discovery.php_fpm_pools) finder.follow(rule);
  return finder.take();
}

}  // namespace discovery
