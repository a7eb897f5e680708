// Rounds on a simulated clock: the tracker, which keeps a few counts, says at every moment what the
// rules say of the whole list of rounds. An input is rules and then events: time passing, or a
// round.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "fuzzing.h"
#include "probe/health.h"

namespace {

using fuzz::require;
using probe::Health;
using probe::HealthRules;
using probe::OutcomeClass;
using probe::RoundResult;
using std::chrono::seconds;

constexpr base::TimePoint kStart{std::chrono::hours(1)};
constexpr std::size_t kMaxRounds = 100;

struct Round {
  RoundResult result;
  base::TimePoint at;
  bool passed() const { return result.outcome_class == OutcomeClass::pass; }
  bool busy() const { return result.outcome_class == OutcomeClass::busy; }
  bool failed() const { return result.outcome_class == OutcomeClass::fail; }
};

// The rules of the health, said of the rounds since the last time that nothing was known. Looks
// back from each round anew, where the tracker counts forward.
class Rounds {
 public:
  explicit Rounds(const HealthRules& rules) : rules_(rules) {}

  void add(const Round& round) {
    if (!rounds_.empty() && is_stale(round.at)) {
      rounds_.clear();
      states_.clear();
    }
    rounds_.push_back(round);
    states_.push_back(state_after(rounds_.size() - 1));
  }

  bool empty() const { return rounds_.empty(); }
  const Round& last() const { return rounds_.back(); }
  bool is_stale(base::TimePoint now) const { return now - last().at > rules_.stale_after; }
  Health health(base::TimePoint now) const {
    return is_stale(now) ? Health::unknown : states_.back();
  }
  bool are_last_all_dead() const {
    const auto fall = static_cast<std::size_t>(rules_.fall);
    if (rounds_.size() < fall) return false;
    for (std::size_t i = rounds_.size() - fall; i < rounds_.size(); ++i) {
      const bool is_dead =
          rounds_[i].failed() ? rounds_[i].result.dead : rounds_[i].busy() && is_wedged(i);
      if (!is_dead) return false;
    }
    return true;
  }

 private:
  Health state_after(std::size_t i) const {
    const Health before = i == 0 ? Health::unknown : states_[i - 1];
    switch (rounds_[i].result.outcome_class) {
      case OutcomeClass::pass:
        return i == 0 || passes_in_a_row(i) >= rules_.rise ? Health::up : before;
      case OutcomeClass::busy:
        return is_wedged(i) ? Health::down : Health::saturated;
      case OutcomeClass::fail:
        return decides_down(i) ? Health::down : before;
    }
    std::abort();
  }

  int passes_in_a_row(std::size_t last) const {
    int passes = 0;
    for (std::size_t i = last + 1; i-- > 0 && rounds_[i].passed();) ++passes;
    return passes;
  }

  bool decides_down(std::size_t last) const {
    int fails = 0;
    for (std::size_t i = last + 1; i-- > 0 && !rounds_[i].passed();) fails += rounds_[i].failed();
    return last == 0 || fails >= rules_.fall;
  }

  // Saturated that long without any whole answer. An answer, and a time of being down for fails,
  // begins it anew.
  bool is_wedged(std::size_t last) const {
    if (rules_.wedged_after <= base::Duration::zero()) return false;
    base::TimePoint since = rounds_[last].at;
    for (std::size_t i = last + 1; i-- > 0;) {
      const Round& round = rounds_[i];
      if (round.passed() || (round.failed() && (round.result.answered || decides_down(i)))) break;
      if (round.busy()) since = round.at;
      if (round.result.answered) break;
    }
    return rounds_[last].at - since >= rules_.wedged_after;
  }

  const HealthRules rules_;
  std::vector<Round> rounds_;
  std::vector<Health> states_;  // after each
};

class Target {
 public:
  explicit Target(const HealthRules& rules)
      : rules_(rules), rounds_(rules), tracker_(rules, kStart) {}

  void pass_time(base::Duration time) { now_ += time; }

  void round(RoundResult result) {
    rounds_.add({.result = result, .at = now_});
    has_passed_ = has_passed_ || rounds_.last().passed();
    tracker_.record(result, now_);
  }

  void compare() const {
    if (rounds_.empty()) {
      require(tracker_.health(now_) == Health::unknown && !tracker_.up(now_));
      return require(tracker_.live(now_) && !tracker_.last_round());
    }
    const bool is_stale = rounds_.is_stale(now_);
    const bool is_graced = !has_passed_ && now_ - kStart < rules_.start_grace;
    require(tracker_.last_round() == rounds_.last().at && tracker_.since() <= now_);
    require(tracker_.up(now_) == (rounds_.last().passed() && !is_stale));
    const Health health = tracker_.health(now_);
    require(health == rounds_.health(now_) && !probe::label(health).empty());
    require(!probe::worse(health, Health::down) && !probe::worse(Health::up, health));
    require(tracker_.live(now_) == (is_stale || is_graced || !rounds_.are_last_all_dead()));
  }

 private:
  const HealthRules rules_;
  Rounds rounds_;
  probe::HealthTracker tracker_;
  base::TimePoint now_ = kStart;
  bool has_passed_ = false;
};

RoundResult check_from(unsigned bits) {
  RoundResult result;
  result.outcome_class = static_cast<OutcomeClass>(bits % 3);
  result.dead = (bits & 16U) != 0;
  result.answered = (bits & 32U) != 0;
  return result;
}

// Of one check or of two that both decide.
RoundResult round_from(fuzz::Script& script) {
  const unsigned bits = script.byte();
  const RoundResult one = check_from(bits);
  if ((bits & 64U) == 0) return one;
  const RoundResult other = check_from(script.byte());
  const RoundResult both = probe::both(one, other);
  const RoundResult turned = probe::both(other, one);
  require(both.outcome_class == std::max(one.outcome_class, other.outcome_class));
  require(both.dead == (one.dead && other.dead));
  require(both.outcome_class == turned.outcome_class && both.answered == turned.answered);
  return both;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Script script(fuzz::text_of(data, size));
  HealthRules rules;
  rules.rise = 1 + static_cast<int>(script.below(4));
  rules.fall = 1 + static_cast<int>(script.below(4));
  rules.stale_after = seconds(1 + script.below(40));
  rules.start_grace = seconds(script.below(80));
  rules.wedged_after = seconds(script.below(20));
  Target target(rules);
  for (std::size_t i = 0; i < kMaxRounds && !script.is_over(); ++i) {
    if (script.flag()) target.pass_time(seconds(script.below(50)));
    target.compare();
    target.round(round_from(script));
    target.compare();
  }
  return 0;
}
