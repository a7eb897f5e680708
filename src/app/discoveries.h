// The configuration with the targets that its sources find, kept up to date: watches directories,
// looks at everything again now and then, and tells once what is new. The control loop's; the
// numbers are read by any thread. Blocks on the disk, never on the network.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/mutex.h"
#include "base/time.h"
#include "config/config.h"
#include "discovery/merge.h"
#include "discovery/sources.h"
#include "net/event_loop.h"
#include "net/file_watch.h"
#include "net/lookups.h"

namespace app {

// Files come in bursts: a package upgrade, a rename of a whole directory.
inline constexpr std::chrono::milliseconds kDiscoverySettles{100};
// What no watch tells: network file systems, limits of inotify, a grace that is over.
inline constexpr std::chrono::seconds kDiscoveryRescan{30};

class Discoveries {
 public:
  struct Numbers {
    std::uint64_t conflicts = 0;                  // since the start
    std::map<std::string, std::size_t> problems;  // now, by source; one entry for each in use
  };

  // Watches its files in `events` under `key`. Both must outlive this object.
  Discoveries(net::EventLoop& events, std::uint64_t key, net::Lookups& lookups);

  // reread: the configuration may be another than the one before.
  enum class Occasion : std::uint8_t { reread, change };
  // The configuration with what is found now: itself where nothing is to be found.
  using Shared = std::shared_ptr<const config::Config>;
  Shared find(const Shared& loaded, Occasion occasion, discovery::Now now);

  // Takes what has happened to the watched files. Whether it is time to find() again.
  bool is_due(base::TimePoint now);
  void look_again() { due_ = base::TimePoint{}; }   // is due at once, though nothing changed
  std::optional<base::TimePoint> next_due() const;  // nothing: no source is configured

  Numbers numbers() const EXCLUDES(mutex_);  // any thread

 private:
  bool learn_included(const std::vector<discovery::Finding>& found);
  void tell(const std::vector<discovery::Finding>& found, const discovery::Merged& merged);
  void tell_new(std::set<std::string> now, std::set<std::string>& before);
  void publish(const std::vector<discovery::Finding>& found, std::size_t new_conflicts)
      EXCLUDES(mutex_);

  net::FileWatch files_;
  discovery::Sources sources_;
  std::set<std::string> included_;  // patterns that the files told when they were read last
  std::optional<base::TimePoint> due_;

  // What was told already, and is still so.
  std::set<std::string> warnings_, conflicts_, hints_;
  std::set<std::string> left_out_;              // that were counted
  std::map<std::string, std::size_t> targets_;  // by source

  mutable base::Mutex mutex_;
  Numbers numbers_ GUARDED_BY(mutex_);
};

// Once, for a command that ends: names are waited for, at most kDiscoveryNamesTimeout.
struct FoundOnce {
  config::Config config;
  std::vector<std::string> warnings;  // conflicts among them
  std::vector<std::string> hints;
};
inline constexpr std::chrono::seconds kDiscoveryNamesTimeout{10};
FoundOnce find_once(config::Config config);

}  // namespace app
