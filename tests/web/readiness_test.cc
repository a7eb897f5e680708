#include "web/readiness.h"

#include <gtest/gtest.h>

namespace web {
namespace {

using probe::Health;
using std::chrono::nanoseconds;
using std::chrono::seconds;

const base::TimePoint kNow{seconds(1000)};
constexpr seconds kStaleAfter{30};

state::TargetIdentity identity(base::Transport transport = base::Transport::tcp) {
  state::TargetIdentity made;
  made.address.transport = transport;
  made.stale_after = kStaleAfter;
  made.max_children = 20;
  made.ready = {.max_listen_queue = 10, .max_active_ratio = 0.9};
  return made;
}

state::TargetStatus status_in(probe::OutcomeClass last_round) {
  state::TargetStatus status;
  status.health = probe::HealthTracker({.rise = 1, .fall = 1}, kNow - seconds(60));
  status.health.record({.outcome_class = last_round}, kNow - seconds(1));
  return status;
}

// A pool that is up, whose page was read this long ago.
state::TargetStatus pool_with(std::uint64_t queue, std::uint64_t active,
                              base::Duration ago = seconds(1)) {
  state::TargetStatus status = status_in(probe::OutcomeClass::pass);
  phpfpm::StatusPage page;
  page.listen_queue = queue;
  page.active_processes = active;
  status.pool.page = std::make_shared<const phpfpm::StatusPage>(page);
  status.pool.taken = kNow - ago;
  return status;
}

TEST(LoadOf, TakesTheKernelsQueueLessOurOwnEntry) {
  state::TargetStatus status = pool_with(7, 1);
  status.listen_queue = probe::ListenQueue{.length = 3, .limit = 8};
  EXPECT_EQ(load_of(identity(), status, kNow).listen_queue, 3u);
  status.has_own_entry = true;
  EXPECT_EQ(load_of(identity(), status, kNow).listen_queue, 2u);
  status.listen_queue->length = 0;  // a process has taken it
  EXPECT_EQ(load_of(identity(), status, kNow).listen_queue, 0u);
}

TEST(LoadOf, TakesThePagesQueueOfATcpPoolWhileItIsFresh) {
  EXPECT_EQ(load_of(identity(), pool_with(7, 1), kNow).listen_queue, 7u);
  EXPECT_EQ(load_of(identity(base::Transport::unix_socket), pool_with(0, 1), kNow).listen_queue,
            std::nullopt);
  EXPECT_EQ(load_of(identity(), pool_with(7, 1, kStaleAfter), kNow).listen_queue, 7u);
  EXPECT_EQ(load_of(identity(), pool_with(7, 1, kStaleAfter + nanoseconds(1)), kNow).listen_queue,
            std::nullopt);
}

TEST(LoadOf, DoesNotCountTheProcessThatAnswersUs) {
  state::TargetStatus status = pool_with(0, 5);
  EXPECT_EQ(load_of(identity(), status, kNow).active_processes, 4u);
  status.pool.asked_pool_itself = false;
  EXPECT_EQ(load_of(identity(), status, kNow).active_processes, 5u);
  EXPECT_EQ(load_of(identity(), pool_with(0, 0), kNow).active_processes, 0u);
  EXPECT_EQ(load_of(identity(), pool_with(0, 5, seconds(31)), kNow).active_processes, std::nullopt);
}

TEST(LoadOf, KnowsNothingWithoutAPage) {
  state::TargetIdentity unknown = identity();
  unknown.max_children.reset();
  const probe::Load load = load_of(unknown, status_in(probe::OutcomeClass::pass), kNow);
  EXPECT_EQ(load.listen_queue, std::nullopt);
  EXPECT_EQ(load.active_processes, std::nullopt);
  EXPECT_EQ(load.max_children, std::nullopt);
}

TEST(ReasonNotReady, IsEmptyForATargetThatIsUpAndWithinItsThresholds) {
  EXPECT_EQ(reason_not_ready(identity(), pool_with(10, 19), kNow), "");
  EXPECT_EQ(reason_not_ready(identity(), status_in(probe::OutcomeClass::pass), kNow), "");
}

TEST(ReasonNotReady, NamesTheThresholdThatIsPassed) {
  EXPECT_NE(reason_not_ready(identity(), pool_with(11, 1), kNow), "");
  EXPECT_NE(reason_not_ready(identity(), pool_with(0, 20), kNow), "");
  state::TargetIdentity without_rules = identity();
  without_rules.ready = {};
  EXPECT_EQ(reason_not_ready(without_rules, pool_with(11, 20), kNow), "");
}

TEST(ReasonNotReady, NamesTheHealthOfATargetThatIsNotUp) {
  EXPECT_EQ(reason_not_ready(identity(), status_in(probe::OutcomeClass::busy), kNow),
            "the target is saturated");
  EXPECT_EQ(reason_not_ready(identity(), status_in(probe::OutcomeClass::fail), kNow),
            "the target is down");
  EXPECT_EQ(reason_not_ready(identity(), state::TargetStatus{}, kNow), "the target is unknown");
}

}  // namespace
}  // namespace web
