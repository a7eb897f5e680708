#include "web/fleet_view.h"

#include <gmock/gmock.h>

#include "web/fleet.h"

namespace web {
namespace {

using probe::Outcome;

std::vector<std::string> names(const FleetView& view) {
  std::vector<std::string> names;
  for (const FleetEntry& entry : view.worst_first) names.push_back(entry.record->identity().name);
  return names;
}

TEST(FleetView, IsWorstFirstThenByName) {
  const FleetView view = view_of(
      set_of({target_with(named("b"), Outcome::pass), unprobed("u"),
              target_with(named("a"), Outcome::pass), target_with(named("s"), Outcome::overloaded),
              target_with(named("d"), Outcome::refused)}),
      kNow);
  EXPECT_THAT(names(view), testing::ElementsAre("d", "u", "s", "a", "b"));
  EXPECT_EQ(view.totals.targets, 5u);
  EXPECT_EQ(view.totals.up, 2u);
  EXPECT_EQ(view.totals.saturated, 1u);
  EXPECT_EQ(view.totals.down, 1u);
  EXPECT_EQ(view.totals.unknown, 1u);
}

TEST(FleetView, IsSharedForAMomentAndNeverOverAReload) {
  state::Board board;
  board.replace(set_of({unprobed("a")}));
  FleetViews views;
  const auto first = views.get(board, kNow);
  const auto soon = kNow + FleetViews::kShareFor - std::chrono::milliseconds(1);
  EXPECT_EQ(views.get(board, soon), first);
  EXPECT_NE(views.get(board, kNow + FleetViews::kShareFor), first);
  board.replace(set_of({unprobed("b")}));
  EXPECT_THAT(names(*views.get(board, kNow + FleetViews::kShareFor)), testing::ElementsAre("b"));
}

}  // namespace
}  // namespace web
