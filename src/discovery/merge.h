// The targets that were found put beside those of the configuration. Looks at sockets on the disk
// (stat); any thread; holds nothing between calls.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/config.h"
#include "discovery/finding.h"

namespace discovery {

struct Merged {
  std::map<std::string, std::size_t> targets;  // added, by source
  std::vector<std::string> conflicts;  // who was left out, and for whom; cleaned, for people
  std::set<std::string> left_out;      // the same, all of them: text without a line, to be counted
  std::vector<std::string> warnings;   // what is given but not used
};

// Adds targets and the modules that they need. A target of the configuration goes before one that
// was found with its name or its socket, and one that was found before those that follow. Sockets
// are the same when they are one file on the disk, whatever it is called.
Merged merge(const std::vector<Finding>& findings, config::Config& config);

}  // namespace discovery
