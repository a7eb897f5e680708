#include "metrics/pool_figures.h"

namespace metrics {

const phpfpm::StatusPage* fresh_page(const state::TargetIdentity& identity,
                                     const state::TargetStatus& status, base::TimePoint now) {
  const bool is_fresh = now - status.pool.taken <= identity.stale_after;
  return is_fresh ? status.pool.page.get() : nullptr;
}

bool queue_is_unknown_to(const phpfpm::StatusPage& page, const state::TargetIdentity& identity) {
  return identity.address.transport == base::Transport::unix_socket && page.listen_queue_limit == 0;
}

QueueFigures queue_figures(const phpfpm::StatusPage& page, const state::TargetIdentity& identity,
                           const state::TargetStatus& status) {
  if (!queue_is_unknown_to(page, identity)) {
    return {.length = page.listen_queue,
            .peak = page.listen_queue_peak,
            .limit = page.listen_queue_limit};
  }
  if (!status.listen_queue) return {};
  return {.length = status.listen_queue->length, .peak = {}, .limit = status.listen_queue->limit};
}

}  // namespace metrics
