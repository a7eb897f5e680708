// How a worker treats targets whose address is a name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "net/dns_server.h"
#include "schedule/running_worker.h"
#include "support/scripted_responder.h"

namespace schedule {
namespace {

using namespace std::chrono_literals;
using probe::Outcome;
using probe::Reason;
using state::Skip;
using support::ScriptedResponder;
using support::Where;
namespace step = support::step;

class WorkerNames : public testing::Test {
 protected:
  std::shared_ptr<const TargetPlan> target(const std::string& host, base::Duration timeout = 30s) {
    base::Address address = responder_.address();
    address.host = host;
    return share(target_plan({.name = host,
                              .address = address,
                              .interval = 20ms,
                              .timeout = timeout,
                              .abandon_after = 60s,
                              .stale_after = 60s},
                             base::Clock::now()));
  }
  RunningWorker::Options options(base::Duration keep = 30s) const {
    return {.lookups = {.keep = keep, .servers = dns_.text()}};
  }
  static state::CheckStatus check_of(const std::shared_ptr<const TargetPlan>& plan) {
    return status_of(*plan).checks[0];
  }

  net::DnsServer dns_;
  ScriptedResponder responder_{Where::tcp, {{step::read_request(), step::answer_pong()}}};
};

TEST_F(WorkerNames, AreLookedUpAndProbed) {
  dns_.knows("pool.test", {"127.0.0.1"});
  const auto pool = target("pool.test");
  SteadyReader reader({pool});
  RunningWorker worker({pool}, options());
  ASSERT_TRUE(eventually([&] { return check_of(pool).passes >= 3; }));
  EXPECT_EQ(reader.finish(), "");
}

TEST_F(WorkerNames, ThatDoNotExistFailAtOnce) {
  const auto missing = target("missing.test");  // far below its time-out of 30 s
  RunningWorker worker({missing}, options());
  ASSERT_TRUE(eventually([&] { return failures(check_of(missing), Reason::resolve) >= 2; }));
  EXPECT_EQ(check_of(missing).last_outcome, Outcome::resolve_failed);
  EXPECT_EQ(worker.descriptors().taken(), 0);
}

TEST_F(WorkerNames, ThatAreNotAnsweredFailAtTheTimeoutWhileOthersKeepTheirBeats) {
  dns_.never_answers("silent.test");
  dns_.knows("pool.test", {"127.0.0.1"});
  const auto silent = target("silent.test", 100ms);
  const auto pool = target("pool.test");
  SteadyReader reader({silent, pool});
  RunningWorker worker({silent, pool}, options());
  ASSERT_TRUE(eventually([&] { return failures(check_of(silent), Reason::resolve) >= 2; }));
  ASSERT_TRUE(eventually([&] { return check_of(pool).passes >= 5; }));
  const state::CheckStatus check = check_of(silent);
  EXPECT_EQ(check.last_outcome, Outcome::resolve_failed);
  EXPECT_GE(check.last_phases[static_cast<std::size_t>(probe::Phase::resolve)], 100ms);
  EXPECT_GE(skipped(check, Skip::outstanding), 1u);
  EXPECT_EQ(check.abandoned, 0u);
  EXPECT_EQ(reader.finish(), "");
}

TEST_F(WorkerNames, ThatWereKnownAreNeverWaitedFor) {
  dns_.knows("pool.test", {"127.0.0.1"});
  const auto pool = target("pool.test");
  RunningWorker worker({pool}, options(0s));  // each beat asks anew
  ASSERT_TRUE(eventually([&] { return check_of(pool).passes >= 3; }));
  dns_.never_answers("pool.test");
  const std::uint64_t passes = check_of(pool).passes;
  ASSERT_TRUE(eventually([&] { return check_of(pool).passes >= passes + 10; }));
  const state::CheckStatus check = check_of(pool);
  EXPECT_EQ(check.passes, check.probes);
  EXPECT_EQ(check.last_phases[static_cast<std::size_t>(probe::Phase::resolve)], 0ns);
}

TEST_F(WorkerNames, WhoseAnswerComesAfterTheWorkerHasGoneDoNoHarm) {
  dns_.never_answers("silent.test");
  const auto silent = target("silent.test");
  RunningWorker worker({silent}, options());
  dns_.wait_for_question("silent.test");
  worker.destroy();
  EXPECT_EQ(check_of(silent).planned, all_skipped(check_of(silent)));
  EXPECT_EQ(worker.vitals().probes_in_flight(), 0);
}

}  // namespace
}  // namespace schedule
