#include <gtest/gtest.h>

#include <string>

#include "schedule/running_worker.h"
#include "schedule/scripts.h"
#include "support/scripted_responder.h"

namespace schedule {
namespace {

using namespace std::chrono_literals;
using support::Counts;
using support::ScriptedResponder;
using support::Where;
namespace step = support::step;

// Two lanes, each with quick beats; nobody is judged or given up before the test ends.
std::shared_ptr<const TargetPlan> two_lanes(const std::string& name, const base::Address& address,
                                            const base::Address& status_address) {
  const CheckWish status{
      .name = "status", .decides_health = false, .asks_status_address = true, .kind = "status"};
  return share(target_plan({.name = name,
                            .address = address,
                            .checks = {{}, status},
                            .interval = 5ms,
                            .timeout = 30s,
                            .abandon_after = 60s,
                            .stale_after = 60s,
                            .status_address = status_address},
                           base::Clock::now()));
}

state::CheckStatus ping_of(const std::shared_ptr<const TargetPlan>& plan) {
  return status_of(*plan).checks[0];
}

TEST(WorkerReplace, OftenAndUnderLoadLosesNothingOfWhatStays) {
  ScriptedResponder quick(Where::unix_path, {kPong}, {.backlog = 1'024});
  ScriptedResponder late(Where::unix_path, {kLate, kPong});
  const auto stays = two_lanes("stays", quick.address(), quick.address());
  const auto waits = two_lanes("waits", late.address(), quick.address());
  RunningWorker worker({stays, waits, two_lanes("leaves", quick.address(), quick.address())});
  ASSERT_TRUE(late.wait_for([](const Counts& c) { return c.requests == 1; }));
  SteadyReader reader({stays, waits});
  state::CheckStatus before = ping_of(stays);
  for (int i = 0; i < 200; ++i) {
    Plan plan{stays, waits, two_lanes("changes", quick.address(), quick.address())};
    if (i % 2 == 0) plan.push_back(two_lanes("comes and goes", quick.address(), quick.address()));
    const auto changed = plan[2];
    worker.replace(std::move(plan));
    if (i % 20 == 0) {
      ASSERT_TRUE(eventually([&] { return ping_of(changed).passes >= 2; }));
      ASSERT_TRUE(eventually([&] { return ping_of(stays).passes > before.passes; }));
    }
    const state::CheckStatus now = ping_of(stays);
    EXPECT_GE(now.planned, before.planned);
    EXPECT_GE(now.passes, before.passes);
    EXPECT_GE(now.durations.count, before.durations.count);
    before = now;
  }
  EXPECT_EQ(before.passes, before.probes) << "no probe of a target that stays was cut short";
  EXPECT_EQ(late.counts().accepted, 1u) << "the exchange under way was kept";
  late.signal();
  ASSERT_TRUE(eventually([&] { return ping_of(waits).passes >= 2; }));
  EXPECT_EQ(worker.vitals().targets_without_first_round, 0);
  EXPECT_EQ(reader.finish(), "");
  worker.stop();
  EXPECT_EQ(worker.vitals().probes_in_flight(), 0);
  EXPECT_EQ(worker.descriptors().taken(), 0);
}

}  // namespace
}  // namespace schedule
