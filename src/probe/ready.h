// Whether a target that is up should get more work, as a readinessProbe asks. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace probe {

// The module's ready thresholds; nothing: off.
struct ReadyRules {
  std::optional<std::uint32_t> max_listen_queue;
  std::optional<double> max_active_ratio;  // of max_children, which must then be known

  bool operator==(const ReadyRules&) const = default;
};

// What is known and fresh; nothing where it is not.
struct Load {
  std::optional<std::uint64_t> listen_queue;      // without our own entry
  std::optional<std::uint64_t> active_processes;  // without our own request
  std::optional<std::uint32_t> max_children;
};

// Empty when within the rules (a threshold itself is within), else which are not kept, for people.
// What is not known keeps nobody from being ready.
std::string reason_not_ready(const ReadyRules& rules, const Load& load);

}  // namespace probe
