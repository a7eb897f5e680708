// What the listen queue and the status address change for a probe that nobody answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schedule/rehearsal.h"

namespace schedule {
namespace {

using namespace std::chrono_literals;
using probe::Evidence;
using probe::Health;
using probe::OutcomeClass;
using probe::StatusAddressAnswer;

// The usual target: a beat each second, a time-out of 0.5 s, abandoned after 3 s.

Evidence queue_of(std::uint32_t length) {
  return {.listen_queue = probe::ListenQueue{.length = length, .limit = 8}};
}

TEST(Evidence, MakesASilentPoolSaturatedAtOnce) {
  Rehearsal target;
  target.evidence(queue_of(3));
  target.then(passes()).then(stays_silent());
  target.run_to(1s + 600ms);
  EXPECT_EQ(target.health(), Health::saturated);
  EXPECT_TRUE(target.status().has_own_entry);
}

TEST(Evidence, IsWeighedAnewAtEachBeatOfAnOverdueExchange) {
  Rehearsal target({.health = {.fall = 2}});
  target.evidence(queue_of(0));
  target.then(passes()).then(stays_silent());
  target.run_to(1s + 600ms);
  EXPECT_TRUE(target.check().last_dead);
  target.learn(queue_of(1));
  target.run_to(2s + 10ms);
  EXPECT_EQ(target.health(), Health::saturated);
  EXPECT_EQ(target.check().last_class, OutcomeClass::busy);
  EXPECT_FALSE(target.check().last_dead);
  EXPECT_THAT(*target.check().last_detail, testing::HasSubstr("1 waiting in the listen queue"));
  target.learn({.status_address = StatusAddressAnswer::idle_worker});
  target.run_to(3s + 10ms);
  EXPECT_EQ(target.check().last_class, OutcomeClass::fail);
  EXPECT_TRUE(target.check().last_dead);
  EXPECT_EQ(target.health(), Health::down);
  EXPECT_EQ(target.check().probes, 2u) << "no verdict of the beats between is counted";
}

TEST(Evidence, AnExchangeThatIsStillQueuedIsNotAbandoned) {
  Rehearsal target;
  target.evidence(queue_of(1));
  target.then(stays_silent());
  target.run_to(20s);
  EXPECT_EQ(target.begun(), 1);
  EXPECT_EQ(target.closed(), 0);
  target.learn(queue_of(0));
  target.run_to(21s + 100ms);
  EXPECT_EQ(target.closed(), 1);
  EXPECT_EQ(target.check().abandoned, 1u);
  EXPECT_FALSE(target.status().has_own_entry);
}

TEST(Evidence, AnExchangeThatSeemsQueuedForEverIsGivenUpInTheEnd) {
  Rehearsal target;
  target.evidence(queue_of(1));
  target.then(stays_silent());
  target.run_to(58s);
  EXPECT_EQ(target.closed(), 0);
  target.run_to(62s);
  EXPECT_EQ(target.closed(), 1) << "20 times abandon_after";
}

TEST(Evidence, OnceALateAnswerCameNoEntryIsOurs) {
  Rehearsal target;
  target.evidence(queue_of(1));
  target.then(passes(2s + 500ms));
  target.run_to(2s);
  EXPECT_TRUE(target.status().has_own_entry);
  target.run_to(2s + 600ms);
  EXPECT_FALSE(target.status().has_own_entry);
  EXPECT_EQ(target.check().late_answers, 1u);
}

TEST(Evidence, TheBackOffEndsWhenTheQueueIsEmptyOrAWorkerIdle) {
  for (const Evidence& sign :
       {queue_of(0), Evidence{.status_address = StatusAddressAnswer::idle_worker}}) {
    Rehearsal target({.interval = 1s, .abandon_after = 1s, .stale_after = 60s});
    for (int i = 0; i < 6; ++i) target.then(stays_silent());
    while (target.closed() < 5) target.run_for(100ms);
    const int begun = target.begun();
    target.run_for(3s);
    EXPECT_EQ(target.begun(), begun) << "backed off for more than ten seconds";
    target.learn(sign);
    target.run_for(1s);
    EXPECT_EQ(target.begun(), begun + 1);
  }
}

TEST(Evidence, AVerdictWaitsForAFreshSample) {
  Rehearsal target;
  target.samples_take(30ms);
  target.then(stays_silent());
  target.run_to(900ms);
  EXPECT_EQ(target.last_time_out(), 530ms);
  EXPECT_EQ(target.check().probes, 1u);
}

TEST(Evidence, AVerdictWaitsNoLongerThanItsLimit) {
  Rehearsal target;
  target.samples_take(std::nullopt);
  target.then(stays_silent());
  target.run_to(900ms);
  EXPECT_EQ(target.last_time_out(), 500ms + kMaxEvidenceWait);
}

TEST(Evidence, AnAnswerWhileTheVerdictWaitsIsAnAnswer) {
  Rehearsal target;
  target.samples_take(50ms);
  target.then(passes(520ms));
  target.run_to(900ms);
  EXPECT_EQ(target.check().passes, 1u);
  EXPECT_EQ(target.check().late_answers, 0u);
}

// --- a check with an interval of its own

const TargetWish kSlowSecond = {
    .checks = {{"ping"}, {.name = "script", .decides_health = false, .interval = 5s}}};

TEST(OwnInterval, IsKeptBesideTheBeatsOfTheTarget) {
  Rehearsal target(kSlowSecond);
  target.run_to(10s + 500ms);
  EXPECT_EQ(target.check(0).passes, 11u);
  EXPECT_EQ(target.check(1).passes, 3u);
  EXPECT_EQ(target.check(1).planned, 3u);
}

TEST(OwnInterval, OfACheckThatIsNotDueHasNothingSkipped) {
  TargetWish wish = kSlowSecond;
  wish.abandon_after = 10s;
  Rehearsal target(wish);
  target.then(passes()).then(passes()).then(stays_silent());
  target.run_to(4s);
  EXPECT_EQ(all_skipped(target.check(0)), 3u);
  EXPECT_EQ(all_skipped(target.check(1)), 0u);
  target.run_to(5s + 10ms);
  EXPECT_EQ(target.check(1).planned, 2u);
  EXPECT_EQ(all_skipped(target.check(1)), 1u);
}

TEST(OwnInterval, MissedBeatsAreCountedOnce) {
  Rehearsal target(kSlowSecond);
  target.run_to(500ms);
  target.sleep_to(12s + 300ms);
  target.run_to(16s);
  EXPECT_EQ(target.check(1).planned, 4u);
  EXPECT_EQ(skipped(target.check(1), state::Skip::missed), 1u);
  EXPECT_EQ(target.check(0).planned, 17u);
}

// --- a check that does not decide, and is not answered

const TargetWish kPingAndStatus = {
    .checks = {{"ping"}, {.name = "status", .decides_health = false}}};

TEST(Bystander, ThatAWorkerTookGivesWayToThePingOfTheNextBeat) {
  Rehearsal target(kPingAndStatus);  // abandoned after 3 s
  target.evidence(queue_of(0));
  target.then(passes()).then(stays_silent());
  target.run_to(2s + 500ms);
  EXPECT_EQ(target.check(0).passes, 3u);
  EXPECT_EQ(all_skipped(target.check(0)), 0u);
  EXPECT_EQ(target.check(1).probes, 1u);
  EXPECT_EQ(target.check(1).abandoned, 1u);
  EXPECT_EQ(skipped(target.check(1), state::Skip::backoff), 2u);
  EXPECT_EQ(target.health(), Health::up);
  EXPECT_FALSE(target.status().has_own_entry);
  target.run_to(4s + 500ms);
  EXPECT_EQ(target.check(1).probes, 2u) << "as long as its exchange would have stayed";
}

TEST(Bystander, WhoseQueueIsUnknownGivesWayToo) {
  Rehearsal target(kPingAndStatus);
  target.then(passes()).then(stays_silent());
  target.run_to(2s + 500ms);
  EXPECT_EQ(target.check(0).passes, 3u);
  EXPECT_EQ(target.health(), Health::up);
}

TEST(Bystander, WhileItIsQueuedThePoolIsSaturated) {
  Rehearsal target(kPingAndStatus);
  target.evidence(queue_of(2));
  target.then(passes()).then(stays_silent());
  target.run_to(800ms);
  EXPECT_EQ(target.health(), Health::up);
  target.run_to(1s + 10ms);
  EXPECT_EQ(target.health(), Health::saturated);
  EXPECT_EQ(target.status().deciding_check, 1u);
  EXPECT_EQ(target.begun(), 2) << "nothing of ours joins it in the queue";
}

TEST(Bystander, ThatWasSeenTakenIsNotQueuedAnyMoreWhoeverWaitsNow) {
  Rehearsal target(kPingAndStatus);
  target.evidence(queue_of(2));
  target.then(passes()).then(stays_silent());
  target.run_to(800ms);
  target.learn(queue_of(0));
  target.learn(queue_of(3));
  target.run_to(1s + 500ms);
  EXPECT_EQ(target.check(0).passes, 2u);
  EXPECT_EQ(target.health(), Health::up);
}

// --- a script has a lane of its own

const TargetWish kPingAndScript = {
    .checks = {{"ping"}, {.name = "script", .decides_health = false, .answers_at_once = false}}};

TEST(Script, IsNotAskedByThePoolsLane) {
  Rehearsal pool(kPingAndScript);
  pool.run_to(2s + 500ms);
  EXPECT_EQ(pool.check(0).probes, 3u);
  EXPECT_EQ(pool.check(1).planned, 0u);
}

TEST(Script, ThatHangsIsAskedOnceInAnHour) {
  Rehearsal script(share(target_plan(kPingAndScript, base::TimePoint(std::chrono::hours(1)))),
                   LaneRunner::Asks::script);
  script.then(stays_silent());
  script.run_to(59min);
  EXPECT_EQ(script.begun(), 1);
  EXPECT_EQ(script.closed(), 0);
  EXPECT_EQ(script.health(), Health::unknown) << "it never takes part in the health";
  script.run_to(60min + 10ms);
  EXPECT_EQ(script.closed(), 1);
}

TEST(Script, IsHeldBackWhileThePoolIsSilent) {
  Rehearsal script(share(target_plan(kPingAndScript, base::TimePoint(std::chrono::hours(1)))),
                   LaneRunner::Asks::script);
  script.runner().hold_back(true);
  script.run_to(2s + 500ms);
  EXPECT_EQ(script.begun(), 0);
  EXPECT_EQ(skipped(script.check(1), state::Skip::outstanding), 3u);
  script.runner().hold_back(false);
  script.run_to(3s + 500ms);
  EXPECT_EQ(script.begun(), 1);
}

// --- slow, and not dead

TEST(Slow, APoolThatAnswersLateIsNotCalledDeadAgain) {
  Rehearsal target({.health = {.fall = 2, .start_grace = 0s}});
  target.evidence(queue_of(0));
  for (int i = 0; i < 4; ++i) target.then(passes(1s + 800ms));
  target.run_to(600ms);
  EXPECT_TRUE(target.check().last_dead) << "nothing is known of it yet";
  target.run_to(7s);
  EXPECT_GE(target.check().late_answers, 3u);
  EXPECT_EQ(target.health(), Health::down);
  EXPECT_FALSE(target.check().last_dead);
  EXPECT_TRUE(target.status().health.live(target.now()));
}

TEST(Slow, WhoeverThenNeverAnswersIsDeadAfterAll) {
  Rehearsal target({.abandon_after = 2s, .health = {.fall = 2, .start_grace = 0s}});
  target.evidence(queue_of(0));
  target.then(passes(1s + 800ms));
  for (int i = 0; i < 8; ++i) target.then(stays_silent());
  target.run_to(3s);
  EXPECT_FALSE(target.check().last_dead);
  target.run_to(12s);
  EXPECT_TRUE(target.check().last_dead);
  EXPECT_FALSE(target.status().health.live(target.now()));
}

// --- the lane of the status address

TargetPlan with_status_address() {
  return target_plan({.checks = {{"ping"},
                                 {.name = "status",
                                  .decides_health = false,
                                  .asks_status_address = true,
                                  .kind = "status"}},
                      .status_address = *base::parse_address("127.0.0.1:9001")},
                     base::TimePoint(std::chrono::hours(1)));
}

constexpr const char* kPage =
    R"({"pool":"www","process manager":"static","accepted conn":7,"listen queue":0,)"
    R"("idle processes":0,"active processes":2,"total processes":2})";

TEST(StatusAddress, IsAskedInALaneOfItsOwn) {
  Rehearsal pool(share(with_status_address()));
  pool.run_to(2s + 500ms);
  EXPECT_EQ(pool.check(0).probes, 3u);
  EXPECT_EQ(pool.check(1).planned, 0u);

  Rehearsal status(share(with_status_address()), LaneRunner::Asks::status_address);
  status.then(answers(kPage)).then(answers(kPage));
  status.run_to(1s + 500ms);
  EXPECT_EQ(status.check(0).planned, 0u);
  EXPECT_EQ(status.check(1).passes, 2u);
}

TEST(StatusAddress, AloneMakesNoTargetUpAndEndsNoRound) {
  Rehearsal status(share(with_status_address()), LaneRunner::Asks::status_address);
  status.then(answers(kPage));
  status.run_to(500ms);
  EXPECT_EQ(status.health(), Health::unknown);
  EXPECT_EQ(status.status().last_probe, base::WallTime());
  EXPECT_FALSE(status.runner().has_had_round());
}

TEST(StatusAddress, IsAskedAfterThePingAndJudgedAtTheSameMoment) {
  Rehearsal status(share(with_status_address()), LaneRunner::Asks::status_address);
  status.then(stays_silent());
  status.run_to(600ms);
  EXPECT_EQ(status.last_begin(), 125ms);  // a quarter of the timeout
  EXPECT_EQ(status.last_time_out(), 375ms);
}

TEST(StatusAddress, TellsWhatItsPageMeans) {
  Rehearsal status(share(with_status_address()), LaneRunner::Asks::status_address);
  status.then(answers(kPage)).then(mismatches()).then(stays_silent());
  status.run_to(500ms);
  EXPECT_EQ(status.runner().answer(), StatusAddressAnswer::no_idle_worker);
  status.run_to(1s + 500ms);
  EXPECT_EQ(status.runner().answer(), StatusAddressAnswer::unusable);
  status.run_to(2s + 600ms);
  EXPECT_EQ(status.runner().answer(), StatusAddressAnswer::timed_out);
}

// What an earlier page said is no evidence about the request that waits now.
TEST(StatusAddress, SaysNothingWithoutADescriptor) {
  Rehearsal status(share(with_status_address()), LaneRunner::Asks::status_address);
  status.then(answers(kPage)).then(has_no_descriptor());
  status.run_to(500ms);
  EXPECT_EQ(status.runner().answer(), StatusAddressAnswer::no_idle_worker);
  status.run_to(1s + 500ms);
  EXPECT_EQ(status.runner().answer(), StatusAddressAnswer::unusable);
}

TEST(StatusAddress, ALateAnswerCorrectsItsWord) {
  Rehearsal status(share(with_status_address()), LaneRunner::Asks::status_address);
  status.then(answers(kPage, 700ms));
  status.run_to(600ms);
  EXPECT_EQ(status.runner().answer(), StatusAddressAnswer::timed_out);
  status.run_to(900ms);
  EXPECT_EQ(status.runner().answer(), StatusAddressAnswer::no_idle_worker);
}

TEST(StatusAddress, IsAskedAgainAfterTwoIntervalsWhateverItsQueueSays) {
  Rehearsal status(share(with_status_address()), LaneRunner::Asks::status_address);
  status.evidence(queue_of(1));
  status.then(stays_silent());
  status.run_to(3s + 500ms);
  EXPECT_EQ(status.closed(), 1);
  EXPECT_EQ(status.begun(), 2);
}

TEST(StatusAddress, ThatCannotBeConnectedProvesNothing) {
  for (const int error : {ECONNREFUSED, EACCES, ETIMEDOUT}) {
    Rehearsal status(share(with_status_address()), LaneRunner::Asks::status_address);
    status.then(ends(probe::End::connect_failed, error));
    status.run_to(500ms);
    EXPECT_EQ(status.runner().answer(), StatusAddressAnswer::unusable);
  }
}

TEST(StatusAddress, ItsPageIsKeptWithTheFirstNameOfThePool) {
  Rehearsal status(share(with_status_address()), LaneRunner::Asks::status_address);
  std::string renamed = kPage;
  renamed.replace(renamed.find("www"), 3, "api");
  status.then(answers(kPage)).then(answers(renamed));
  status.run_to(1s + 500ms);
  const state::PoolStatus pool = status.status().pool;
  EXPECT_EQ(*pool.label_text, R"(pool="www")");
  EXPECT_EQ(pool.page->pool, "api");
  EXPECT_EQ(pool.parse_warnings, 1u);
  EXPECT_FALSE(pool.asked_pool_itself);
}

}  // namespace
}  // namespace schedule
