#include "web/readiness.h"

#include <algorithm>
#include <optional>

#include "metrics/pool_figures.h"

namespace web {
namespace {

// One less, for what is ours; never below 0.
std::uint64_t without_ours(std::uint64_t count, bool one_is_ours) {
  return count - std::min<std::uint64_t>(count, one_is_ours ? 1 : 0);
}

std::optional<std::uint64_t> queue_of_others(const state::TargetIdentity& identity,
                                             const state::TargetStatus& status,
                                             const phpfpm::StatusPage* page) {
  if (status.listen_queue) return without_ours(status.listen_queue->length, status.has_own_entry);
  const bool page_knows = page && identity.address.transport == base::Transport::tcp;
  return page_knows ? page->listen_queue : std::nullopt;
}

}  // namespace

probe::Load load_of(const state::TargetIdentity& identity, const state::TargetStatus& status,
                    base::TimePoint now) {
  const phpfpm::StatusPage* page = metrics::fresh_page(identity, status, now);
  probe::Load load;
  load.listen_queue = queue_of_others(identity, status, page);
  if (page && page->active_processes) {
    load.active_processes = without_ours(*page->active_processes, status.pool.asked_pool_itself);
  }
  load.max_children = identity.max_children;
  return load;
}

std::string reason_not_ready(const state::TargetIdentity& identity,
                             const state::TargetStatus& status, base::TimePoint now) {
  const probe::Health health = status.health.health(now);
  if (health != probe::Health::up) return "the target is " + std::string(label(health));
  return probe::reason_not_ready(identity.ready, load_of(identity, status, now));
}

}  // namespace web
