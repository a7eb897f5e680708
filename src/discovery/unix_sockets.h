// The targets that `discovery.unix_sockets` stands for. A socket is one when somebody has bound it;
// it stays one while its file is there, and for the rule's grace after that, so that a pool that
// died, or restarts, does not vanish. One owner, one thread; blocks on the disk, and connects to
// nobody.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "base/time.h"
#include "config/config.h"
#include "discovery/finding.h"

namespace discovery {

inline constexpr std::size_t kMaxSockets = 4'096;  // of one rule; the others are left out

enum class Bound : std::uint8_t { stream, other, by_nobody, unknown };

// Who has bound the socket at `path`. Asks the kernel to connect a datagram socket, which it
// refuses at once: with EPROTOTYPE when a stream (or seqpacket) socket is there, ECONNREFUSED when
// nobody is. No connection comes about, and unlike with a dump of listeners those in other network
// namespaces are found, too. Unknown: we may not write to it.
Bound who_has_bound(const std::string& path);

class UnixSockets {
 public:
  Finding find(const config::Config& config, base::TimePoint now);

 private:
  using Seen = std::map<std::string, base::TimePoint>;  // real path -> when its file was there last

  static void look(const config::UnixSockets& rule, base::TimePoint now, Seen& seen, Finding& out);

  std::map<std::string, Seen> by_glob_;
};

}  // namespace discovery
