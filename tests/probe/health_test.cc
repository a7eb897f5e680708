// Health as a film: one character is one beat of a second, and the health shown at each beat is the
// expectation.
#include "probe/health.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "probe/check.h"
#include "support/named_case.h"

namespace probe {
namespace {

using namespace std::chrono_literals;

constexpr base::TimePoint kStart{1000h};
constexpr base::Duration kBeat = 1s;

// '+' passes, 'b' is busy, '-' fails, 'x' fails dead; 'B' and 'n' are busy and fail with a whole
// answer; '.' is a beat that passes without a round.
std::optional<RoundResult> round_for(char c) {
  switch (c) {
    case '+':
      return RoundResult{.outcome_class = OutcomeClass::pass};
    case 'b':
      return RoundResult{.outcome_class = OutcomeClass::busy};
    case 'B':
      return RoundResult{.outcome_class = OutcomeClass::busy, .answered = true};
    case '-':
      return RoundResult{.outcome_class = OutcomeClass::fail};
    case 'n':
      return RoundResult{.outcome_class = OutcomeClass::fail, .answered = true};
    case 'x':
      return RoundResult{.outcome_class = OutcomeClass::fail, .dead = true};
    case '.':
      return std::nullopt;
  }
  ADD_FAILURE() << "no such round: " << c;
  return std::nullopt;
}

char letter(Health health) {
  return health == Health::unknown ? '?' : label(health).front();
}

// The first beat is at kStart; `show` sees the tracker right after each.
std::string film(std::string_view rounds, const HealthRules& rules,
                 const std::function<char(const HealthTracker&, base::TimePoint)>& show) {
  HealthTracker tracker(rules, kStart);
  std::string shown;
  base::TimePoint now = kStart;
  for (const char c : rounds) {
    if (const auto round = round_for(c)) tracker.record(*round, now);
    shown += show(tracker, now);
    now += kBeat;
  }
  return shown;
}

std::string healths(std::string_view rounds, const HealthRules& rules) {
  return film(rounds, rules, [](const HealthTracker& tracker, base::TimePoint now) {
    return letter(tracker.health(now));
  });
}

// 'l' live, 'k' to be killed.
std::string lives(std::string_view rounds, const HealthRules& rules) {
  return film(rounds, rules, [](const HealthTracker& tracker, base::TimePoint now) {
    return tracker.live(now) ? 'l' : 'k';
  });
}

struct Film {
  const char* name;
  std::string_view rounds;
  std::string_view want;
  HealthRules rules = {};
};

void PrintTo(const Film& shown, std::ostream* out) {
  *out << shown.name;
}

class Healths : public testing::TestWithParam<Film> {};

TEST_P(Healths, AreShownAtEachBeat) {
  EXPECT_EQ(healths(GetParam().rounds, GetParam().rules), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(FirstRound, Healths,
                         testing::Values(Film{"unknown_before_it", "...", "???"},
                                         Film{"a_pass_decides", "+", "u", {.rise = 3}},
                                         Film{"a_fail_decides", "-", "d", {.fall = 3}},
                                         Film{"a_dead_fail_decides", "x", "d", {.fall = 3}},
                                         Film{"a_busy_round_decides", "b", "s"}),
                         support::name_of);

INSTANTIATE_TEST_SUITE_P(
    RiseAndFall, Healths,
    testing::Values(Film{"fall_in_a_row", "+---", "uuud"},
                    Film{"a_pass_between_starts_again", "+--+---", "uuuuuud"},
                    Film{"fall_of_one", "+-+-", "udud", {.fall = 1}},
                    Film{"rise_of_one", "-+", "du"},
                    Film{"rise_in_a_row", "-+++", "dddu", {.rise = 3}},
                    Film{"a_fail_between_starts_again", "-++-+++", "ddddddu", {.rise = 3}},
                    Film{"dead_fails_count_as_fails", "+-x-", "uuud"},
                    Film{"stays_down", "-----+", "dddddu"},
                    Film{"numbers_below_one_count_as_one", "+-+", "udu", {.rise = 0, .fall = -1}}),
    support::name_of);

INSTANTIATE_TEST_SUITE_P(
    Busy, Healths,
    testing::Values(Film{"saturated_at_once_from_up", "+b", "us"},
                    Film{"saturated_at_once_from_down", "---b", "ddds"},
                    Film{"one_pass_ends_it", "+b+", "usu"},
                    Film{"rise_ends_it", "bb++", "sssu", {.rise = 2}},
                    Film{"clears_the_passes", "-+b+b++", "ddssssu", {.rise = 2}},
                    // One fail after busy is neither news enough to be down nor a reason to be up.
                    Film{"a_fail_leaves_it_saturated", "+b-", "uss"},
                    Film{"leaves_the_fails", "+bb-b--", "usssssd"},
                    Film{"leaves_the_fails_from_before", "+--b-", "uuusd"},
                    Film{"fall_reached_then_busy_then_one_fail", "+---b-", "uuudsd"},
                    Film{"a_pass_clears_the_fails_that_busy_left", "+-b-+--", "uussuuu"},
                    Film{"never_down_by_itself", "bbbbbbbb", "ssssssss"}),
    support::name_of);

INSTANTIATE_TEST_SUITE_P(
    Stale, Healths,
    testing::Values(
        Film{"not_yet_at_the_limit", "+...", "uuuu", {.stale_after = 3s}},
        Film{"beyond_the_limit", "+....", "uuuu?", {.stale_after = 3s}},
        Film{"saturated_gets_stale", "b..", "ss?", {.stale_after = 1s}},
        Film{"down_gets_stale", "-..", "dd?", {.stale_after = 1s}},
        Film{"fresh_again", "+..+", "uu?u", {.rise = 3, .stale_after = 1s}},
        // What was up before the silence says nothing now: one fail is all that is known.
        Film{"then_a_fail_decides", "+..-", "uu?d", {.stale_after = 1s}},
        Film{"then_a_pass_decides", "-..+", "dd?u", {.rise = 3, .stale_after = 1s}},
        Film{"then_old_fails_are_forgotten", "+--..+--", "uuuu?uuu", {.stale_after = 1s}}),
    support::name_of);

INSTANTIATE_TEST_SUITE_P(
    Wedged, Healths,
    testing::Values(
        Film{"never_when_zero", "bbbbbb", "ssssss", {.wedged_after = 0s}},
        Film{"after_its_time", "+bbbbb", "usssdd", {.wedged_after = 3s}},
        Film{"stays_down_while_busy", "bbbbbb", "ssdddd", {.wedged_after = 2s}},
        Film{"a_pass_starts_the_clock_again", "bb+bbb", "ssussd", {.wedged_after = 2s}},
        Film{"an_answer_of_busy_starts_it_again", "bbBbb", "ssssd", {.wedged_after = 2s}},
        Film{"an_answer_that_fails_starts_it_again", "bbnbbb", "sssssd", {.wedged_after = 2s}},
        Film{"a_fail_without_answer_does_not", "bb-b", "sssd", {.wedged_after = 2s}},
        Film{"down_in_between_starts_it_again", "b---bbb", "sssdssd", {.wedged_after = 2s}},
        Film{"ends_with_a_pass", "bbb+", "ssdu", {.wedged_after = 2s}},
        Film{"ends_with_an_answer_of_busy", "bbbBb", "ssdss", {.wedged_after = 2s}},
        Film{"staleness_starts_it_again",
             "bb...bb",
             "sss??ss",
             {.stale_after = 1s, .wedged_after = 2s}}),
    support::name_of);

class Lives : public testing::TestWithParam<Film> {};

TEST_P(Lives, AreShownAtEachBeat) {
  EXPECT_EQ(lives(GetParam().rounds, GetParam().rules), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Live, Lives,
    testing::Values(
        Film{"before_the_first_round", "..", "ll", {.start_grace = 0s}},
        Film{"dies_of_fall_dead_rounds", "+xxx", "lllk"},
        Film{"lives_again_with_a_pass", "+xxx+", "lllkl"},
        Film{"lives_again_with_a_busy_round", "+xxxb", "lllkl"},
        Film{"never_dies_of_fails_that_prove_nothing", "+------", "lllllll"},
        Film{"a_fail_between_starts_again", "+xx-xxx", "llllllk"},
        Film{"a_busy_round_between_starts_again", "+xxbxxx", "llllllk"},
        Film{"saturated_lives", "+bbbbbb", "lllllll"},
        Film{"one_dead_round_is_enough_with_fall_one", "+x", "lk", {.fall = 1}},
        Film{"needs_all_of_fall_even_when_the_first_decided", "xxx", "llk", {.start_grace = 0s}},
        Film{"grace_from_the_start", "xxxxxx", "lllllk", {.start_grace = 5s}},
        Film{"grace_ends_with_the_first_pass", "xx+xxx", "lllllk", {.start_grace = 1h}},
        Film{"grace_is_not_given_again", "x+xxx", "llllk", {.start_grace = 1h}},
        Film{"stale_is_unknown_and_lives", "+xxx..", "lllkkl", {.stale_after = 1s}},
        Film{"stale_dead_rounds_do_not_count", "+xxx..xxx", "lllkklllk", {.stale_after = 1s}},
        Film{"wedged_rounds_are_dead", "+bbbbbb", "lllllkk", {.wedged_after = 2s}},
        Film{"wedged_rounds_and_fails_add_up", "+bbbxx", "lllllk", {.wedged_after = 2s}},
        Film{"wedged_lives_again_with_an_answer", "+bbbbbB", "lllllkl", {.wedged_after = 2s}}),
    support::name_of);

TEST(HealthTracker, ShowsUpOfTheLastRoundOnly) {
  const auto show = [](const HealthTracker& tracker, base::TimePoint now) {
    const auto up = tracker.up(now);
    return !up ? '?' : *up ? '1' : '0';
  };
  EXPECT_EQ(film(".+-b+n+...", {.rise = 3, .stale_after = 2s}, show), "?100101110");
}

TEST(HealthTracker, IsWrittenForTimesBetweenTheBeats) {
  HealthTracker tracker({.stale_after = 30s}, kStart);
  tracker.record({}, kStart);
  EXPECT_EQ(tracker.health(kStart + 30s), Health::up);
  EXPECT_EQ(tracker.health(kStart + 30s + 1ns), Health::unknown);
  EXPECT_EQ(tracker.last_round(), kStart);
}

TEST(HealthTracker, KnowsNoLastRoundBeforeTheFirst) {
  EXPECT_EQ(HealthTracker({}, kStart).last_round(), std::nullopt);
  EXPECT_EQ(HealthTracker({}, kStart).since(), kStart);
}

TEST(HealthTracker, RemembersWhenItBecameWhatItIs) {
  const auto since_beat = [](const HealthTracker& tracker, base::TimePoint) {
    return static_cast<char>('0' + (tracker.since() - kStart) / kBeat);
  };
  EXPECT_EQ(film(".++b-b--+", {}, since_beat), "011333378");
  EXPECT_EQ(film("+..+", {.stale_after = 1s}, since_beat), "0000") << "staleness is no transition";
}

TEST(HealthTracker, CountsForYearsWithoutOverflow) {
  HealthTracker tracker({.rise = 1000, .fall = 2}, kStart);
  for (int i = 0; i < 100'000; ++i) tracker.record({.outcome_class = OutcomeClass::fail}, kStart);
  for (int i = 0; i < 999; ++i) tracker.record({}, kStart);
  EXPECT_EQ(tracker.health(kStart), Health::down);
  tracker.record({}, kStart);
  EXPECT_EQ(tracker.health(kStart), Health::up);
}

TEST(Health, IsOrderedForTheWorstOfSeveral) {
  const Health ascending[] = {Health::up, Health::saturated, Health::unknown, Health::down};
  for (std::size_t a = 0; a < 4; ++a) {
    for (std::size_t b = 0; b < 4; ++b) EXPECT_EQ(worse(ascending[a], ascending[b]), a > b);
  }
}

TEST(Health, HasTheLabelsOfThePublishedMetric) {
  EXPECT_EQ(label(Health::up), "up");
  EXPECT_EQ(label(Health::saturated), "saturated");
  EXPECT_EQ(label(Health::down), "down");
  EXPECT_EQ(label(Health::unknown), "unknown");
}

TEST(RoundOf, TakesWhatTheVerdictSaysAfterTheEvidence) {
  Verdict verdict = make_verdict(Outcome::response_timeout);
  verdict.outcome_class = OutcomeClass::busy;
  EXPECT_EQ(round_of(verdict).outcome_class, OutcomeClass::busy);
  EXPECT_FALSE(round_of(verdict).answered);
  EXPECT_TRUE(round_of(make_verdict(Outcome::refused)).dead);
  EXPECT_TRUE(round_of(make_verdict(Outcome::overloaded)).answered);
}

TEST(BothChecks, GiveTheWorseClass) {
  const RoundResult pass = *round_for('+');
  const RoundResult busy = *round_for('b');
  const RoundResult fail = *round_for('-');
  EXPECT_EQ(both(pass, busy).outcome_class, OutcomeClass::busy);
  EXPECT_EQ(both(fail, busy).outcome_class, OutcomeClass::fail);
  EXPECT_EQ(both(pass, fail).outcome_class, OutcomeClass::fail);
  EXPECT_EQ(both(pass, pass).outcome_class, OutcomeClass::pass);
}

TEST(BothChecks, AreDeadOnlyTogether) {
  const RoundResult dead = *round_for('x');
  EXPECT_TRUE(both(dead, dead).dead);
  EXPECT_FALSE(both(dead, *round_for('+')).dead);
  EXPECT_FALSE(both(*round_for('b'), dead).dead);
}

TEST(BothChecks, AreAnsweredWhenOneIs) {
  EXPECT_TRUE(both(*round_for('b'), *round_for('+')).answered);
  EXPECT_TRUE(both(*round_for('n'), *round_for('b')).answered);
  EXPECT_FALSE(both(*round_for('b'), *round_for('x')).answered);
}

}  // namespace
}  // namespace probe
