#include "state/history.h"

#include <gmock/gmock.h>

#include "state/target_record.h"

namespace state {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

const base::TimePoint kBegan(std::chrono::hours(5));

PastRound round_at(base::Duration since, probe::OutcomeClass outcome_class) {
  return {.at = kBegan + since,
          .outcome = outcome_class == probe::OutcomeClass::pass ? probe::Outcome::pass
                                                                : probe::Outcome::bad_status_page,
          .outcome_class = outcome_class,
          .health = probe::Health::down,
          .latency = microseconds(1230)};
}

TEST(History, KeepsEverythingOfARound) {
  History history(kBegan);
  PastRound round = round_at(seconds(7), probe::OutcomeClass::busy);
  round.is_repeated = true;
  history.add(round);
  ASSERT_EQ(history.rounds().size(), 1u);
  const PastRound kept = history.rounds().front();
  EXPECT_EQ(kept.at, kBegan + seconds(7));
  EXPECT_EQ(kept.outcome, probe::Outcome::bad_status_page);
  EXPECT_EQ(kept.outcome_class, probe::OutcomeClass::busy);
  EXPECT_EQ(kept.health, probe::Health::down);
  EXPECT_EQ(kept.latency, microseconds(1230));
  EXPECT_TRUE(kept.is_repeated);
}

TEST(History, KeepsTheLastRoundsAndTheLastFailuresLonger) {
  History history(kBegan);
  constexpr int kAll = 1000;
  for (int i = 0; i < kAll; ++i) {
    const bool fails = i >= 100 && i < 130;
    history.add(
        round_at(seconds(i), fails ? probe::OutcomeClass::fail : probe::OutcomeClass::pass));
    ASSERT_EQ(history.rounds().size(), std::min<std::size_t>(i + 1, kHistoryRounds));
    ASSERT_EQ(history.rounds().back().at, kBegan + seconds(i));
  }
  EXPECT_EQ(history.rounds().front().at, kBegan + seconds(kAll - kHistoryRounds));
  const std::vector<PastRound> failures = history.failures();
  ASSERT_EQ(failures.size(), kHistoryFailures);
  EXPECT_EQ(failures.front().at, kBegan + seconds(130 - kHistoryFailures));
  EXPECT_EQ(failures.back().at, kBegan + seconds(129));
}

TEST(History, BoundsWhatDoesNotFit) {
  History history(kBegan);
  PastRound round = round_at(-seconds(1), probe::OutcomeClass::fail);
  round.latency = std::chrono::hours(1);
  history.add(round);
  EXPECT_EQ(history.rounds().front().at, kBegan);
  EXPECT_EQ(history.rounds().front().latency, History::kMaxLatency);
}

TEST(History, IsSmall) {
  EXPECT_LE(sizeof(History), kHistoryRounds * 8 + 64);
}

class RecordWithHistory : public testing::Test {
 protected:
  static TargetIdentity identity() {
    TargetIdentity identity;
    identity.name = "www";
    identity.checks = {"ping"};
    return identity;
  }
  // A round of a probe that was judged at `wall`.
  void end_round(base::Duration since, base::WallTime wall, probe::Outcome outcome) {
    record_->update([&](TargetStatus& status) {
      CheckStatus& check = status.checks[0];
      check.last_outcome = outcome;
      check.last_class = probe::info(outcome).outcome_class;
      check.last_time = wall;
      check.last_phases = {seconds(9), milliseconds(1), {}, milliseconds(2), {}};
      status.health.record({.outcome_class = check.last_class}, kBegan + since);
    });
  }

  const std::shared_ptr<TargetRecord> record_ = make_record(identity(), {}, kBegan);
};

TEST_F(RecordWithHistory, NotesEachRoundOnceWithoutTheLookUp) {
  end_round(seconds(1), base::WallTime(seconds(1)), probe::Outcome::pass);
  record_->update([](TargetStatus& status) { ++status.checks[0].planned; });  // no round
  end_round(seconds(2), base::WallTime(seconds(2)), probe::Outcome::refused);
  const std::vector<PastRound> rounds = record_->history().rounds();
  ASSERT_EQ(rounds.size(), 2u);
  EXPECT_EQ(rounds[0].latency, milliseconds(3));
  EXPECT_EQ(rounds[1].outcome, probe::Outcome::refused);
  EXPECT_EQ(rounds[1].health, probe::Health::up);  // one fail of three
  EXPECT_FALSE(rounds[1].is_repeated);
}

TEST_F(RecordWithHistory, SaysWhereNothingNewWasAsked) {
  end_round(seconds(1), base::WallTime(seconds(1)), probe::Outcome::response_timeout);
  end_round(seconds(2), base::WallTime(seconds(1)), probe::Outcome::response_timeout);
  EXPECT_FALSE(record_->history().rounds()[0].is_repeated);
  EXPECT_TRUE(record_->history().rounds()[1].is_repeated);
}

}  // namespace
}  // namespace state
