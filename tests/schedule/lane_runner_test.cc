#include "schedule/lane_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schedule/rehearsal.h"

namespace schedule {
namespace {

using namespace std::chrono_literals;
using probe::Health;
using probe::Outcome;
using probe::Reason;
using state::Skip;

// The usual target: a beat each second, a time-out of 0.5 s, abandoned after 3 s.

TEST(LaneRunner, ProbesAtEachBeat) {
  Rehearsal target;
  target.run_to(10s + 20ms);
  EXPECT_EQ(target.begun(), 11);
  EXPECT_EQ(target.last_begin(), 10s);
  EXPECT_EQ(target.check().planned, 11u);
  EXPECT_EQ(target.check().passes, 11u);
  EXPECT_EQ(target.check().durations.count, 11u);
  EXPECT_EQ(target.health(), Health::up);
}

TEST(LaneRunner, WritesDownWhatTheLastProbeWas) {
  Rehearsal target;
  target.then(passes(20ms)).then(mismatches());
  target.run_to(1s + 20ms);
  const state::CheckStatus check = target.check();
  EXPECT_EQ(check.last_outcome, Outcome::mismatch);
  EXPECT_EQ(check.last_class, probe::OutcomeClass::fail);
  EXPECT_EQ(check.last_phases[static_cast<std::size_t>(probe::Phase::wait)], 10ms);
  EXPECT_EQ(check.last_time, target.wall_at(1s + 10ms));
  ASSERT_NE(check.last_detail, nullptr);
  EXPECT_EQ(target.status().last_probe, target.wall_at(1s + 10ms));
  EXPECT_EQ(target.status().last_success, target.wall_at(20ms));
}

TEST(LaneRunner, KeepsTheSameDetailObjectWhileTheWordsAreTheSame) {
  Rehearsal target;
  target.then(mismatches()).then(mismatches());
  target.run_to(0s + 20ms);
  const auto first = target.check().last_detail;
  target.run_to(1s + 20ms);
  EXPECT_EQ(target.check().probes, 2u);
  EXPECT_EQ(target.check().last_detail, first);
}

TEST(LaneRunner, CountsMissedBeatsAndNeverCatchesUp) {
  Rehearsal target;
  target.run_to(500ms);
  target.sleep_to(4s + 300ms);  // the beats of 1 to 4 s pass meanwhile
  target.run_to(5s + 20ms);
  EXPECT_EQ(target.begun(), 3);
  EXPECT_EQ(target.check().planned, 6u);
  EXPECT_EQ(skipped(target.check(), Skip::missed), 3u);
  EXPECT_EQ(target.last_begin(), 5s);
}

TEST(LaneRunner, ObservesHowLateARoundStarts) {
  Rehearsal target;
  target.run_to(500ms);
  target.sleep_to(1s + 250ms);
  target.run_to(1s + 500ms);
  EXPECT_DOUBLE_EQ(target.delays().sum_seconds(), 0.25);
}

TEST(LaneRunner, CountsStderr) {
  Ending noisy = passes();
  noisy.attempt->response.stderr_bytes = 77;
  Rehearsal target;
  target.then(noisy).then(noisy);
  target.run_to(1s + 20ms);
  EXPECT_EQ(target.check().stderr_bytes, 154u);
}

// --- descriptors

TEST(NoDescriptor, SkipsTheBeatWithoutAVerdict) {
  Rehearsal target({.stale_after = 3s});
  target.then(passes())
      .then(has_no_descriptor())
      .then(has_no_descriptor())
      .then(has_no_descriptor());
  target.run_to(3s);
  EXPECT_EQ(skipped(target.check(), Skip::limit), 3u);
  EXPECT_EQ(target.check().probes, 1u);
  EXPECT_EQ(target.check().last_outcome, Outcome::pass);
  EXPECT_EQ(target.health(), Health::up);
  EXPECT_EQ(target.status().last_probe, target.wall_at(10ms));
}

TEST(NoDescriptor, LetsTheTargetBecomeUnknownAndSaysSo) {
  Rehearsal target({.stale_after = 2s});
  target.then(passes());
  for (int i = 0; i < 4; ++i) target.then(has_no_descriptor());
  target.run_to(500ms);
  target.runner().take_transition();
  target.run_to(3s);
  EXPECT_EQ(target.health(), Health::unknown);
  const auto transition = target.runner().take_transition();
  ASSERT_TRUE(transition);
  EXPECT_EQ(transition->from, Health::up);
  EXPECT_EQ(transition->to, Health::unknown);
}

TEST(NoDescriptor, BeforeTheFirstVerdictIsNoFirstRound) {
  Rehearsal target;
  target.then(has_no_descriptor());
  target.run_to(500ms);
  EXPECT_FALSE(target.runner().has_had_round());
  target.run_to(1s + 20ms);
  EXPECT_TRUE(target.runner().has_had_round());
}

TEST(NoDescriptor, ForTheRetryIsASkippedBeatToo) {
  Rehearsal target;
  target.then(passes()).then(resets()).then(has_no_descriptor());
  target.run_to(1s + 900ms);
  EXPECT_EQ(target.check().probes, 1u);
  EXPECT_EQ(skipped(target.check(), Skip::limit), 1u);
  target.run_to(2s + 20ms);
  EXPECT_EQ(target.check().probes, 2u);
}

// --- several checks

const TargetWish kTwoChecks = {.checks = {{"ping"}, {"deep", false}}};

TEST(SeveralChecks, AreAskedOneAfterTheOther) {
  Rehearsal target(kTwoChecks);
  target.then(passes(50ms)).then(mismatches());
  target.run_to(49ms);
  EXPECT_EQ(target.begun(), 1);
  target.run_to(70ms);
  EXPECT_EQ(target.begun(), 2);
  EXPECT_EQ(target.last_begin(), 50ms);
  EXPECT_EQ(target.check(0).passes, 1u);
  EXPECT_EQ(failures(target.check(1), Reason::mismatch), 1u);
  EXPECT_EQ(target.health(), Health::up);
}

TEST(SeveralChecks, AfterOneThatTimesOutTheOthersAreSkipped) {
  Rehearsal target(kTwoChecks);
  target.then(stays_silent());
  target.run_to(1s);
  EXPECT_EQ(target.begun(), 1);
  EXPECT_EQ(target.check(0).planned, 2u);
  EXPECT_EQ(skipped(target.check(0), Skip::outstanding), 1u);
  EXPECT_EQ(target.check(1).planned, 2u);
  EXPECT_EQ(skipped(target.check(1), Skip::outstanding), 2u);
}

TEST(SeveralChecks, TheBeatsAfterASilentOneHaveHeardNothingWhateverTheFirstHeard) {
  Rehearsal target({.checks = {{"ping"}, {"deep"}},
                    .abandon_after = 20s,
                    .health = {.rise = 1, .fall = 1, .wedged_after = 4s}});
  target.evidence({.listen_queue = probe::ListenQueue{.length = 1, .limit = 128}});
  target.then(passes()).then(stays_silent());
  target.run_to(4s);
  EXPECT_EQ(target.health(), Health::saturated);
  target.run_to(6s);
  EXPECT_EQ(target.health(), Health::down);  // wedged
}

TEST(SeveralChecks, WithoutADescriptorForTheSecondTheRoundIsNoPass) {
  Rehearsal target({.checks = {{"ping"}, {"deep"}}});
  target.then(passes()).then(has_no_descriptor());
  target.run_to(500ms);
  EXPECT_EQ(target.check(0).passes, 1u);
  EXPECT_EQ(skipped(target.check(1), Skip::limit), 1u);
  EXPECT_EQ(target.health(), Health::unknown);
}

TEST(SeveralChecks, AFailIsAFailWhateverTheOthersSay) {
  Rehearsal target({.checks = {{"ping"}, {"deep"}}});
  target.then(passes()).then(refuses());
  target.run_to(500ms);
  EXPECT_EQ(target.health(), Health::down);
  EXPECT_EQ(target.status().deciding_check, 1u);
  EXPECT_TRUE(target.check(1).last_dead);
}

// --- transitions, and leaving

TEST(Transition, IsToldOnceWithWhatExplainsIt) {
  Rehearsal target({.health = {.rise = 1, .fall = 1}});
  target.then(passes()).then(refuses()).then(refuses());
  target.run_to(500ms);
  auto transition = target.runner().take_transition();
  ASSERT_TRUE(transition);
  EXPECT_EQ(transition->from, Health::unknown);
  EXPECT_EQ(transition->to, Health::up);
  target.run_to(1s + 500ms);
  transition = target.runner().take_transition();
  ASSERT_TRUE(transition);
  EXPECT_EQ(transition->from, Health::up);
  EXPECT_EQ(transition->to, Health::down);
  EXPECT_EQ(transition->outcome, Outcome::refused);
  EXPECT_EQ(transition->outcome_class, probe::OutcomeClass::fail);
  ASSERT_NE(transition->detail, nullptr);
  EXPECT_THAT(*transition->detail, testing::HasSubstr("refused"));
  target.run_to(2s + 500ms);
  EXPECT_FALSE(target.runner().take_transition());
}

TEST(Drop, TakesBackTheBeatsThatWillNeverBeJudged) {
  for (const base::Duration until : {base::Duration(5ms), base::Duration(300ms)}) {
    Rehearsal target({.checks = {{"ping"}, {"deep"}}, .interval = 10s});
    target.then(passes()).then(stays_silent());
    target.run_to(until);
    target.runner().drop();
    for (const state::CheckStatus& check : target.status().checks) {
      EXPECT_EQ(check.planned, check.probes + all_skipped(check));
    }
  }
}

TEST(Drop, LeavesAJudgedProbeAsItIs) {
  Rehearsal target;
  target.then(stays_silent());
  target.run_to(700ms);
  target.runner().drop();
  EXPECT_EQ(target.check().planned, 1u);
  EXPECT_EQ(target.check().probes, 1u);
}

TEST(Drop, TheNextRunnerOfTheRecordGoesOnFromIt) {
  const auto plan = share(target_plan({.health = {.rise = 2, .fall = 2}}, base::TimePoint(1h)));
  Rehearsal first(plan);
  first.run_to(500ms);
  first.runner().drop();
  Rehearsal second(plan);
  second.then(resets());
  second.run_to(900ms);
  EXPECT_EQ(second.check().retries, 1u);  // the first runner's probe passed
  EXPECT_FALSE(second.runner().take_transition());
  EXPECT_EQ(second.check().planned, 2u);
}

}  // namespace
}  // namespace schedule
