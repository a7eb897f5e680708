#include "schedule/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/log.h"
#include "schedule/cadence.h"
#include "schedule/running_worker.h"
#include "schedule/scripts.h"
#include "support/scripted_responder.h"

namespace schedule {
namespace {

using namespace std::chrono_literals;
using probe::Health;
using probe::Outcome;
using probe::Reason;
using state::Skip;
using support::Counts;
using support::ScriptedResponder;
using support::Where;
namespace step = support::step;

TEST(Worker, ProbesOverEveryTransport) {
  for (const Where where : {Where::tcp, Where::tcp6, Where::unix_path, Where::abstract_name}) {
    ScriptedResponder responder(where, {kPong});
    const auto www = target(patient_wish(responder.address()));
    SteadyReader reader({www});
    RunningWorker worker({www});
    ASSERT_TRUE(eventually([&] { return check_of(www).passes >= 5; }));
    EXPECT_EQ(health_of(www), Health::up);
    EXPECT_GE(check_of(www).durations.count, 5u);
    EXPECT_GT(base::unix_seconds(status_of(*www).last_success), 1.7e9);
    EXPECT_EQ(reader.finish(), "");
    worker.stop();
    const std::uint64_t probes = check_of(www).probes;
    // One may have been under way when the worker stopped.
    EXPECT_THAT(responder.counts().requests, testing::AnyOf(probes, probes + 1));
  }
}

TEST(Worker, CountsDownTheTargetsWithoutAFirstRound) {
  ScriptedResponder responder(Where::tcp, {kPong});
  ScriptedResponder silent(Where::tcp, {kSilence});
  const auto www = target(patient_wish(responder.address(), "www"));
  const auto shop = target(patient_wish(silent.address(), "shop"));
  RunningWorker worker({www, shop});
  ASSERT_TRUE(eventually([&] { return check_of(www).passes >= 3; }));
  EXPECT_EQ(worker.vitals().targets_without_first_round, 1);
  worker.replace({www});  // who leaves is waited for no more
  ASSERT_TRUE(eventually([&] { return worker.vitals().targets_without_first_round == 0; }));
  worker.replace({www, shop});  // who comes later was not known at start
  const std::uint64_t passes = check_of(www).passes;
  ASSERT_TRUE(eventually([&] { return check_of(www).passes >= passes + 3; }));
  EXPECT_EQ(worker.vitals().targets_without_first_round, 0);
}

TEST(Worker, TurnsWithNothingToDo) {
  RunningWorker worker({});
  const auto& last_turn = worker.vitals().worker(0).last_turn;
  ASSERT_TRUE(eventually([&] { return last_turn != 0; }));
  const base::Duration::rep first = last_turn;
  ASSERT_TRUE(eventually([&] { return last_turn != first; }));
}

TEST(Worker, JudgesSilenceAtTheTimeoutAndLeavesTheConnectionOpen) {
  ScriptedResponder responder(Where::unix_path, {kSilence});
  TargetWish wished = patient_wish(responder.address());
  wished.timeout = 30ms;
  const auto www = target(wished);
  SteadyReader reader({www});
  RunningWorker worker({www});
  ASSERT_TRUE(eventually([&] { return skipped(check_of(www), Skip::outstanding) >= 10; }));
  EXPECT_EQ(check_of(www).probes, 1u);
  EXPECT_EQ(check_of(www).last_outcome, Outcome::response_timeout);
  EXPECT_TRUE(eventually([&] { return health_of(www) == Health::down; }));
  EXPECT_EQ(responder.counts().accepted, 1u);
  EXPECT_EQ(responder.counts().closed_by_peer, 0u);
  EXPECT_EQ(worker.vitals().probes_in_flight(), 1);
  EXPECT_EQ(reader.finish(), "");
}

TEST(Worker, KeepsTheBytesOfFailuresAndOfNothingElse) {
  ScriptedResponder talks(
      Where::tcp, {{support::step::read_request(), support::step::send("HTTP/1.1 400 Bad")}});
  ScriptedResponder silent(Where::unix_path, {kSilence});
  ScriptedResponder well(Where::unix_path, {kPong});
  TargetWish wished = patient_wish(silent.address());
  wished.timeout = 30ms;
  const auto heard = target(patient_wish(talks.address()));
  const auto unheard = target(wished);
  const auto up = target(patient_wish(well.address()));
  RunningWorker worker({heard, unheard, up});
  ASSERT_TRUE(eventually([&] {
    return worker.failures().of(*heard->record) && worker.failures().of(*unheard->record) &&
           check_of(up).passes >= 1;
  }));
  const auto of_heard = worker.failures().of(*heard->record);
  EXPECT_EQ(of_heard->outcome, Outcome::not_fastcgi);
  EXPECT_EQ(of_heard->conversation.received, "HTTP/1.1 400 Bad");
  EXPECT_EQ(of_heard->conversation.sent_bytes, heard->checks[0].request->size());
  const auto of_unheard = worker.failures().of(*unheard->record);
  EXPECT_EQ(of_unheard->outcome, Outcome::response_timeout);
  EXPECT_EQ(of_unheard->conversation.sent_bytes, unheard->checks[0].request->size());
  EXPECT_EQ(of_unheard->conversation.received_bytes, 0u);
  EXPECT_EQ(worker.failures().of(*up->record), nullptr);
}

TEST(Worker, KeepsTheBytesOfTheFailedCheckAndNotThoseOfTheNext) {
  ScriptedResponder responder(
      Where::tcp,
      {{support::step::read_request(), support::step::send("HTTP/1.1 400 Bad")}, kPong});
  TargetWish wished = patient_wish(responder.address());
  wished.checks = {{.name = "first"}, {.name = "second"}};
  const auto www = target(wished);
  RunningWorker worker({www});
  ASSERT_TRUE(eventually([&] { return status_of(*www).checks[1].passes >= 1; }));
  const auto failure = worker.failures().of(*www->record);
  ASSERT_NE(failure, nullptr);
  EXPECT_EQ(failure->check, 0u);
  EXPECT_EQ(failure->conversation.received, "HTTP/1.1 400 Bad");
}

TEST(Worker, AbandonsWhatIsNotAnsweredAndAsksAgain) {
  ScriptedResponder responder(Where::tcp, {kSilence, kSilence, kSilence, kPong});
  TargetWish wished = patient_wish(responder.address());
  wished.timeout = 30ms;
  wished.abandon_after = 60ms;
  wished.stale_after = 400ms;
  const auto www = target(wished);
  SteadyReader reader({www});
  RunningWorker worker({www});
  ASSERT_TRUE(eventually([&] { return check_of(www).passes >= 1; }));
  // More when the responder has no CPU for that long.
  EXPECT_GE(check_of(www).abandoned, 3u);
  EXPECT_GE(failures(check_of(www), Reason::timeout), 3u);
  EXPECT_TRUE(responder.wait_for([](const Counts& c) { return c.closed_by_peer >= 3; }));
  EXPECT_EQ(reader.finish(), "");
}

TEST(Worker, ObservesALateAnswerAndNothingElseOfIt) {
  ScriptedResponder responder(Where::unix_path, {kLate, kSilence});
  TargetWish wished = patient_wish(responder.address());
  wished.timeout = 30ms;
  const auto www = target(wished);
  RunningWorker worker({www});
  ASSERT_TRUE(eventually([&] { return failures(check_of(www), Reason::timeout) == 1; }));
  ASSERT_TRUE(eventually([&] { return health_of(www) == Health::down; }));
  responder.signal();
  ASSERT_TRUE(eventually([&] { return check_of(www).late_answers == 1; }));
  EXPECT_EQ(check_of(www).durations.count, 1u);
  EXPECT_GE(check_of(www).durations.sum_seconds, 0.03);
  EXPECT_EQ(check_of(www).passes, 0u);
  EXPECT_EQ(health_of(www), Health::down);
  EXPECT_TRUE(responder.wait_for([](const Counts& c) { return c.requests == 2; }));
}

TEST(Worker, RetriesAfterAResetAndNotForEver) {
  std::vector<support::Script> scripts = {kPong, kReset, kPong, kReset};
  for (int i = 0; i < kMaxRetries; ++i) scripts.push_back(kReset);
  scripts.push_back(kPong);
  ScriptedResponder responder(Where::tcp, scripts);
  const auto www = target(patient_wish(responder.address()));
  SteadyReader reader({www});
  RunningWorker worker({www});
  ASSERT_TRUE(eventually([&] { return check_of(www).passes >= 3; }));
  EXPECT_EQ(check_of(www).retries, static_cast<std::uint64_t>(1 + kMaxRetries));
  EXPECT_EQ(failures(check_of(www), Reason::closed), 1u);
  EXPECT_EQ(reader.finish(), "");
}

TEST(Worker, KeepsTheBeatsOfHealthyTargetsBesideAsManyThatHang) {
  constexpr std::size_t kOfEach = 200;
  ScriptedResponder healthy(Where::unix_path, {kPong});
  ScriptedResponder hanging(Where::unix_path, {kSilence}, {.accepts = false, .backlog = 1'000});
  Plan plan;
  for (std::size_t i = 0; i < 2 * kOfEach; ++i) {
    TargetWish wished =
        patient_wish((i < kOfEach ? healthy : hanging).address(), "t" + std::to_string(i));
    wished.interval = 250ms;
    wished.timeout = 100ms;
    plan.push_back(target(wished));
  }
  SteadyReader reader(plan);
  RunningWorker worker(plan);
  ASSERT_TRUE(eventually([&] {
    return std::all_of(plan.begin(), plan.end(),
                       [](const auto& each) { return check_of(each).planned >= 10; });
  }));
  worker.stop();
  EXPECT_EQ(reader.finish(), "");
  std::uint64_t planned = 0, passed = 0;
  for (std::size_t i = 0; i < 2 * kOfEach; ++i) {
    const state::CheckStatus check = check_of(plan[i]);
    EXPECT_EQ(check.planned, check.probes + all_skipped(check));
    if (i >= kOfEach) {
      EXPECT_EQ(check.probes, 1u);
      continue;
    }
    planned += check.planned;
    passed += check.passes;
  }
  // A blocked worker would pass next to none. The margin is for a machine that does other work,
  // too.
  EXPECT_GE(passed * 2, planned);
  EXPECT_EQ(worker.descriptors().taken(), 0);
}

TEST(Worker, SkipsBeatsWhenNoDescriptorIsLeft) {
  ScriptedResponder responder(Where::tcp, {kPong});
  ScriptedResponder silent(Where::tcp, {kSilence});
  const auto holder = target(patient_wish(silent.address(), "holder"));
  const auto www = target(patient_wish(responder.address(), "www"));
  RunningWorker worker({holder}, {.descriptors = 1});
  ASSERT_TRUE(silent.wait_for([](const Counts& c) { return c.requests == 1; }));
  worker.replace({holder, www});
  ASSERT_TRUE(eventually([&] { return skipped(check_of(www), Skip::limit) >= 3; }));
  EXPECT_EQ(check_of(www).probes, 0u);
  EXPECT_EQ(health_of(www), Health::unknown);
  worker.replace({www});
  ASSERT_TRUE(eventually([&] { return check_of(www).passes >= 3; }));
}

TEST(Worker, ReplaceKeepsWhatIsUnchangedAndClosesWhatLeaves) {
  ScriptedResponder staying(Where::tcp, {kLate, kPong});
  ScriptedResponder leaving(Where::tcp, {kSilence});
  ScriptedResponder coming(Where::tcp, {kPong});
  const auto stays = target(patient_wish(staying.address(), "stays"));
  const auto leaves = target(patient_wish(leaving.address(), "leaves"));
  const auto comes = target(patient_wish(coming.address(), "comes"));
  RunningWorker worker({stays, leaves});
  const auto has_asked = [](const Counts& c) { return c.requests == 1; };
  ASSERT_TRUE(staying.wait_for(has_asked));
  ASSERT_TRUE(leaving.wait_for(has_asked));
  worker.replace({comes, stays, comes});
  ASSERT_TRUE(leaving.wait_for([](const Counts& c) { return c.closed_by_peer == 1; }));
  ASSERT_TRUE(eventually([&] { return check_of(comes).passes >= 3; }));
  EXPECT_EQ(check_of(leaves).planned, check_of(leaves).probes + all_skipped(check_of(leaves)));
  EXPECT_EQ(staying.counts().accepted, 1u);
  staying.signal();  // the exchange that was under way ends well
  ASSERT_TRUE(eventually([&] { return check_of(stays).passes >= 3; }));
  EXPECT_EQ(failures(check_of(stays), Reason::closed), 0u);
}

TEST(Worker, StopsAtOnceWithAThousandExchangesInFlight) {
  constexpr std::int64_t kTargets = 1'000;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  ScriptedResponder hanging(Where::unix_path, {kSilence}, {.accepts = false, .backlog = 2'000});
  Plan plan;
  for (int i = 0; i < kTargets; ++i) {
    plan.push_back(target(patient_wish(hanging.address(), "t" + std::to_string(i))));
  }
  RunningWorker worker(plan);
  ASSERT_TRUE(eventually([&] { return worker.vitals().probes_in_flight() == kTargets; }));
  const base::TimePoint before = base::Clock::now();
  worker.stop();
  EXPECT_LT(base::Clock::now() - before, 5s);  // none of the 30 s that each may take
  EXPECT_EQ(worker.vitals().probes_in_flight(), 0);
  EXPECT_EQ(worker.descriptors().taken(), 0);
  for (const auto& each : plan) {
    EXPECT_EQ(check_of(each).planned, check_of(each).probes + all_skipped(check_of(each)));
  }
}

TEST(Worker, StopsBeforeItHasRun) {
  state::Vitals vitals(1);
  DescriptorBudget descriptors(1);
  net::Lookups lookups({});
  net::ListenQueues listen_queues;
  state::Failures failures;
  Worker worker({.lookups = lookups,
                 .listen_queues = listen_queues,
                 .vitals = vitals,
                 .descriptors = descriptors,
                 .failures = failures},
                {});
  worker.stop();
  worker.run();
}

TEST(Worker, LogsTransitionsAndAtDebugLevelEveryRecord) {
  base::log::configure(base::log::Level::debug, base::log::Format::logfmt);
  testing::internal::CaptureStderr();
  {
    ScriptedResponder responder(Where::tcp, {kPong});
    const auto www = target(patient_wish(responder.address()));
    RunningWorker worker({www});
    EXPECT_TRUE(eventually([&] { return check_of(www).passes >= 1; }));
  }
  const std::string log = testing::internal::GetCapturedStderr();
  base::log::configure(base::log::Level::info, base::log::Format::logfmt);
  for (const char* part :
       {"target health changed", "target=www", "from=unknown", "to=up", "outcome=pass",
        "record sent", "BEGIN_REQUEST", "record received", "END_REQUEST", "probe judged"}) {
    EXPECT_THAT(log, testing::HasSubstr(part));
  }
}

}  // namespace
}  // namespace schedule
