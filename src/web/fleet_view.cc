#include "web/fleet_view.h"

#include <algorithm>
#include <utility>

namespace web {
namespace {

void count_target(FleetTotals& totals, probe::Health health) {
  ++totals.targets;
  switch (health) {
    case probe::Health::up:
      ++totals.up;
      return;
    case probe::Health::saturated:
      ++totals.saturated;
      return;
    case probe::Health::down:
      ++totals.down;
      return;
    case probe::Health::unknown:
      ++totals.unknown;
      return;
  }
}

}  // namespace

Now read_clocks() {
  return {.steady = base::Clock::now(), .wall = std::chrono::system_clock::now()};
}

FleetView view_of(std::shared_ptr<const state::TargetSet> targets, base::TimePoint now) {
  FleetView view;
  view.at = now;
  view.worst_first.reserve(targets->records().size());
  for (const auto& record : targets->records()) {
    const probe::Health health = record->health().health(now);
    view.worst_first.push_back({.health = health, .record = record.get()});
    count_target(view.totals, health);
  }
  std::ranges::stable_sort(view.worst_first, probe::worse, &FleetEntry::health);
  view.targets = std::move(targets);
  return view;
}

std::shared_ptr<const FleetView> FleetViews::get(const state::Board& board, base::TimePoint now) {
  auto targets = board.targets();
  base::MutexLock lock(mutex_);
  if (!last_ || last_->targets != targets || now - last_->at >= kShareFor) {
    last_ = std::make_shared<const FleetView>(view_of(std::move(targets), now));
  }
  return last_;
}

}  // namespace web
