// What is known besides the exchange itself about a pool that stays silent. Gathered by schedule,
// weighed by judge(). A value.
#pragma once

#include <cstdint>
#include <optional>

namespace probe {

// The kernel's accept queue of a local listener: connections waiting, and how many may.
struct ListenQueue {
  std::uint32_t length = 0;
  std::uint32_t limit = 0;
  bool operator==(const ListenQueue&) const = default;
};

enum class StatusAddressAnswer : std::uint8_t {
  not_configured,
  no_idle_worker,
  idle_worker,
  timed_out,
  unusable
};

struct Evidence {
  // Nothing: unreadable (remote, other network namespace, no unix_diag).
  std::optional<ListenQueue> listen_queue = std::nullopt;
  StatusAddressAnswer status_address = StatusAddressAnswer::not_configured;
};

}  // namespace probe
