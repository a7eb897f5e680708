// Probes that get no answer: the overdue exchange, its abandonment, and the retry after a reset.
#include "schedule/lane_runner.h"

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

// --- one unanswered exchange

TEST(Overdue, IsJudgedAtTheTimeoutAndStaysOpen) {
  Rehearsal target;
  target.then(stays_silent());
  target.run_to(499ms);
  EXPECT_EQ(target.check().probes, 0u);
  target.run_to(500ms);
  EXPECT_EQ(target.check().probes, 1u);
  EXPECT_EQ(failures(target.check(), Reason::timeout), 1u);
  EXPECT_EQ(target.check().last_outcome, Outcome::response_timeout);
  EXPECT_TRUE(target.is_open());
  EXPECT_TRUE(target.runner().is_judged());
  EXPECT_EQ(target.check().durations.count, 0u);
}

TEST(Overdue, MakesEachBeatASkippedProbeAndARoundWithTheSameVerdict) {
  Rehearsal target({.health = {.rise = 1, .fall = 3}});
  target.then(passes()).then(stays_silent());
  target.run_to(1s + 600ms);
  EXPECT_EQ(target.health(), Health::up);  // one fail
  target.run_to(2s);
  EXPECT_EQ(target.health(), Health::up);  // two
  EXPECT_EQ(target.status().last_probe, target.wall_at(2s));
  target.run_to(3s);
  EXPECT_EQ(target.health(), Health::down);  // three
  EXPECT_EQ(target.begun(), 2);
  EXPECT_EQ(target.check().planned, 4u);
  EXPECT_EQ(target.check().probes, 2u);
  EXPECT_EQ(skipped(target.check(), Skip::outstanding), 2u);
}

TEST(Overdue, ALateAnswerTouchesTheHistogramAndThePhasesAndNothingElse) {
  Rehearsal target({.health = {.rise = 1, .fall = 1}});
  target.then(passes(1s + 300ms));
  target.run_to(1s + 200ms);
  const state::CheckStatus before = target.check();
  ASSERT_EQ(target.health(), Health::down);
  target.run_to(1s + 400ms);
  const state::CheckStatus after = target.check();
  EXPECT_EQ(after.late_answers, 1u);
  EXPECT_EQ(after.durations.count, 1u);
  EXPECT_DOUBLE_EQ(after.durations.sum_seconds, 1.3);
  EXPECT_EQ(after.last_phases[static_cast<std::size_t>(probe::Phase::wait)], 1s + 300ms);
  EXPECT_EQ(after.probes, before.probes);
  EXPECT_EQ(after.passes, 0u);
  EXPECT_EQ(after.last_outcome, Outcome::response_timeout);
  EXPECT_EQ(after.last_time, before.last_time);
  EXPECT_EQ(target.health(), Health::down);
}

TEST(Overdue, TheBeatAfterALateAnswerProbesAgain) {
  Rehearsal target;
  target.then(passes(1s + 300ms));
  target.run_to(2s + 20ms);
  EXPECT_EQ(target.last_begin(), 2s);
  EXPECT_EQ(target.check().passes, 1u);
}

TEST(Overdue, AConnectionThatClosesLateIsNoLateAnswer) {
  Rehearsal target;
  target.then(ends(probe::End::closed, ECONNRESET, 800ms));
  target.run_to(900ms);
  EXPECT_EQ(target.check().late_answers, 0u);
  EXPECT_EQ(target.check().probes, 1u);
  EXPECT_EQ(target.check().retries, 0u);
  target.run_to(1s + 20ms);
  EXPECT_EQ(target.check().passes, 1u);
}

TEST(Overdue, IsAbandonedAndThenBackedOff) {
  Rehearsal target({.stale_after = 8s});  // at most 4 s of back-off
  for (int i = 0; i < 10; ++i) target.then(stays_silent());
  target.run_to(2s + 999ms);
  EXPECT_EQ(target.check().abandoned, 0u);
  target.run_to(3s);
  EXPECT_EQ(target.check().abandoned, 1u);
  EXPECT_EQ(target.closed(), 1);
  // Backed off for 0.75 to 1 s: the beat at 3 s at least is skipped, the one at 4 s asks again.
  EXPECT_EQ(skipped(target.check(), Skip::backoff), 1u);
  target.run_to(4s + 20ms);
  EXPECT_EQ(target.begun(), 2);
  target.run_to(60s);
  EXPECT_GE(target.check().abandoned, 7u);
  EXPECT_LE(target.check().abandoned, 10u);
}

TEST(Overdue, ABeatWithinTheBackOffIsNoRoundAndTheTargetDoesNotBecomeUnknown) {
  Rehearsal target({.stale_after = 8s, .health = {.rise = 1, .fall = 1}});
  for (int i = 0; i < 20; ++i) target.then(stays_silent());
  target.run_to(600ms);
  for (base::Duration elapsed = 600ms; elapsed < 60s; elapsed += 100ms) {
    target.run_to(elapsed);
    ASSERT_EQ(target.health(), Health::down) << base::seconds(elapsed);
  }
  EXPECT_GT(skipped(target.check(), Skip::backoff), 10u);
}

TEST(Overdue, BackOffStartsAnewAfterAnAnswer) {
  Rehearsal target({.stale_after = 60s});
  target.then(stays_silent()).then(stays_silent()).then(stays_silent());
  target.run_to(20s);
  const std::uint64_t before = skipped(target.check(), Skip::backoff);
  ASSERT_EQ(target.check().abandoned, 3u);
  EXPECT_GE(before, 1u + 2u + 3u);
  ASSERT_GT(target.check().passes, 0u);
  target.then(stays_silent());
  target.run_to(26s);
  EXPECT_EQ(target.check().abandoned, 4u);
  EXPECT_EQ(skipped(target.check(), Skip::backoff), before + 1);
}

TEST(Overdue, ABeatDuringAProbeThatIsNotYetJudgedIsNoRound) {
  Rehearsal target({.timeout = 2s + 500ms, .health = {.rise = 1, .fall = 2}});
  target.then(passes()).then(stays_silent());
  target.run_to(3s + 400ms);
  EXPECT_EQ(skipped(target.check(), Skip::outstanding), 2u);
  EXPECT_EQ(target.check().probes, 1u);
  EXPECT_EQ(target.status().last_probe, target.wall_at(10ms));
  target.run_to(3s + 500ms);
  EXPECT_EQ(target.check().probes, 2u);
  EXPECT_EQ(target.health(), Health::up);  // the first fail of two
}

TEST(Overdue, IsAbandonedAtItsTimeoutWhenThatComesLater) {
  Rehearsal target({.interval = 10s, .timeout = 4s, .abandon_after = 1s});
  target.then(stays_silent());
  target.run_to(3s + 999ms);
  EXPECT_EQ(target.check().abandoned, 0u);
  target.run_to(4s);
  EXPECT_EQ(target.check().probes, 1u);
  EXPECT_EQ(target.check().abandoned, 1u);
}

// --- the retries

TEST(Retry, AResetAfterAPassIsTriedOnceMoreWithinTheProbe) {
  Rehearsal target;
  target.then(passes()).then(resets()).then(passes());
  target.run_to(1s + 20ms);
  EXPECT_EQ(target.check().probes, 1u);
  EXPECT_EQ(target.check().retries, 1u);
  target.run_to(1s + 400ms);
  EXPECT_EQ(target.begun(), 3);
  EXPECT_GE(target.last_begin(), 1s + 110ms);
  EXPECT_LE(target.last_begin(), 1s + 310ms);
  EXPECT_EQ(target.check().probes, 2u);
  EXPECT_EQ(target.check().passes, 2u);
  EXPECT_EQ(target.check().planned, 2u);
}

// A worker that had read the request when the reload ended it closes in order: seen on tcp with
// PHP-FPM 8.2.
TEST(Retry, IsMadeForAnOrderlyEndWithoutAByte) {
  Rehearsal target;
  target.then(passes()).then(ends(probe::End::closed)).then(passes());
  target.run_to(1s + 400ms);
  EXPECT_EQ(target.check().retries, 1u);
  EXPECT_EQ(target.check().passes, 2u);
}

TEST(Retry, IsMadeForAPipeThatBrokeWhileSending) {
  Rehearsal target;
  target.then(passes()).then(ends(probe::End::send_failed, EPIPE));
  target.run_to(2s);
  EXPECT_EQ(target.check().retries, 1u);
}

TEST(Retry, IsMadeNoMoreThanItsLimitAndOnlyAfterAPass) {
  Rehearsal target({.interval = 5s, .timeout = 2s});
  target.then(passes()).then(resets());
  for (int i = 0; i < kMaxRetries; ++i) target.then(resets());
  target.run_to(9s);
  EXPECT_EQ(target.begun(), 2 + kMaxRetries);
  EXPECT_EQ(failures(target.check(), Reason::closed), 1u);
  EXPECT_EQ(target.check().retries, static_cast<std::uint64_t>(kMaxRetries));
  target.then(resets());
  target.run_to(14s);  // the probe before did not pass
  EXPECT_EQ(target.begun(), 3 + kMaxRetries);
  EXPECT_EQ(failures(target.check(), Reason::closed), 2u);
  EXPECT_EQ(target.check().retries, static_cast<std::uint64_t>(kMaxRetries));
}

TEST(Retry, IsNotMadeForWhatNoReloadDoes) {
  Ending half = resets();
  half.attempt->bytes_received = 8;
  for (const Ending& ending : {half, refuses(), mismatches(), ends(probe::End::malformed)}) {
    Rehearsal target;
    target.then(passes()).then(ending);
    target.run_to(1s + 900ms);
    EXPECT_EQ(target.begun(), 2);
    EXPECT_EQ(target.check().retries, 0u);
    EXPECT_EQ(target.check().probes, 2u);
  }
}

TEST(Retry, IsNotMadeAtTheFirstProbe) {
  Rehearsal target;
  target.then(resets());
  target.run_to(900ms);
  EXPECT_EQ(failures(target.check(), Reason::closed), 1u);
  EXPECT_EQ(target.check().retries, 0u);
}

TEST(Retry, SharesTheTimeoutOfItsProbeWithoutThePause) {
  Rehearsal target;
  target.then(passes()).then(ends(probe::End::closed, ECONNRESET, 200ms)).then(stays_silent());
  target.run_to(1s + 500ms);
  ASSERT_EQ(target.begun(), 3);
  EXPECT_EQ(target.check().probes, 1u);
  const base::Duration judged_at = target.last_begin() + 300ms;  // 200 of the 500 ms are used up
  target.run_to(judged_at - 1ns);
  EXPECT_EQ(target.check().probes, 1u);
  target.run_to(judged_at);
  EXPECT_EQ(target.check().probes, 2u);
  EXPECT_TRUE(target.is_open());
}

TEST(Retry, ABeatDuringThePauseIsOutstanding) {
  Rehearsal target({.interval = 50ms, .timeout = 40ms});
  target.then(passes()).then(resets());
  target.run_to(149ms);
  EXPECT_EQ(skipped(target.check(), Skip::outstanding), 1u);
  EXPECT_EQ(target.begun(), 2);
}

}  // namespace
}  // namespace schedule
