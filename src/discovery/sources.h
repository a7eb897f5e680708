// All sources of targets that nobody wrote down, in the order in which they go before each other.
// One owner, one thread; blocks on the disk, never on the network.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "config/config.h"
#include "discovery/dns_names.h"
#include "discovery/finding.h"
#include "discovery/target_files.h"
#include "discovery/unix_sockets.h"
#include "net/lookups.h"

namespace discovery {

struct Now {
  base::TimePoint steady;
  base::WallTime wall;  // what files are stamped with
};

class Sources {
 public:
  // As DnsNames'.
  Sources(net::Lookups& lookups, std::function<void()> wake) : dns_(lookups, std::move(wake)) {}

  // One finding of each source that has a rule. Starts the lookups that are due.
  std::vector<Finding> find(const config::Config& config, Now now);

  // The configuration is another than that of the find() before.
  void configured() { target_files_.read_all_again(); }

  // Files and directories that a rule looks at, to be watched before find() reads them.
  static std::vector<std::string> patterns(const config::Discovery& rules);

  DnsNames& dns() { return dns_; }
  const DnsNames& dns() const { return dns_; }

 private:
  TargetFiles target_files_;
  UnixSockets unix_sockets_;
  DnsNames dns_;
};

}  // namespace discovery
