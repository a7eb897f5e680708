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

// What the pool's pm.status_listen says of the time of a probe of the pool itself. PHP-FPM answers
// there out of a child of its own, while every worker of the pool is busy.
enum class StatusAddressAnswer : std::uint8_t {
  not_configured,
  no_idle_worker,  // a page: 0 idle
  // A page with idle workers that was asked for after the probe's connect. An older page says
  // nothing: the pool may have filled up since, and would be called dead.
  idle_worker,
  timed_out,  // no answer there either: master and workers are stopped, or the machine is
  unusable  // another failure there (refused, no such path, no status page), or only an older page
};

// The status address is weighed before the queue: a stopped pool has a queue, too.
struct Evidence {
  // Nothing: unreadable (remote, other network namespace, no unix_diag).
  std::optional<ListenQueue> listen_queue = std::nullopt;
  StatusAddressAnswer status_address = StatusAddressAnswer::not_configured;
};

}  // namespace probe
