#include "probe/health.h"

#include <algorithm>
#include <cstdlib>

#include "probe/check.h"

namespace probe {
namespace {

int badness(Health health) {
  switch (health) {
    case Health::up:
      return 0;
    case Health::saturated:
      return 1;
    case Health::unknown:
      return 2;
    case Health::down:
      return 3;
  }
  std::abort();
}

int badness(OutcomeClass outcome_class) {
  switch (outcome_class) {
    case OutcomeClass::pass:
      return 0;
    case OutcomeClass::busy:
      return 1;
    case OutcomeClass::fail:
      return 2;
  }
  std::abort();
}

HealthRules at_least_one(HealthRules rules) {
  rules.rise = std::max(rules.rise, 1);
  rules.fall = std::max(rules.fall, 1);
  return rules;
}

}  // namespace

std::string_view label(Health health) {
  switch (health) {
    case Health::up:
      return "up";
    case Health::saturated:
      return "saturated";
    case Health::down:
      return "down";
    case Health::unknown:
      return "unknown";
  }
  std::abort();
}

bool worse(Health a, Health b) {
  return badness(a) > badness(b);
}

RoundResult round_of(const Verdict& verdict) {
  return {.outcome_class = verdict.outcome_class,
          .dead = verdict.dead,
          .answered = is_whole_answer(verdict.outcome)};
}

RoundResult both(RoundResult a, RoundResult b) {
  const bool a_is_worse = badness(a.outcome_class) > badness(b.outcome_class);
  return {.outcome_class = a_is_worse ? a.outcome_class : b.outcome_class,
          .dead = a.dead && b.dead,
          .answered = a.answered || b.answered || a.outcome_class == OutcomeClass::pass ||
                      b.outcome_class == OutcomeClass::pass};
}

HealthTracker::HealthTracker(HealthRules rules, base::TimePoint started)
    : rules_(at_least_one(rules)), started_(started), since_(started) {}

void HealthTracker::record(RoundResult round, base::TimePoint now) {
  const bool decides = !last_round_ || is_stale(now);
  if (decides) start_over();
  if (round.answered) silent_since_.reset();
  last_round_ = now;
  last_passed_ = round.outcome_class == OutcomeClass::pass;
  switch (round.outcome_class) {
    case OutcomeClass::pass:
      return record_pass(decides, now);
    case OutcomeClass::busy:
      return record_busy(now);
    case OutcomeClass::fail:
      return record_fail(decides, round.dead, now);
  }
}

Health HealthTracker::health(base::TimePoint now) const {
  return is_stale(now) ? Health::unknown : state_;
}

std::optional<bool> HealthTracker::up(base::TimePoint now) const {
  if (!last_round_) return std::nullopt;
  return last_passed_ && !is_stale(now);
}

bool HealthTracker::live(base::TimePoint now) const {
  const bool grace_is_over = ever_passed_ || now - started_ >= rules_.start_grace;
  return dead_rounds_ < rules_.fall || !grace_is_over || is_stale(now);
}

std::optional<base::TimePoint> HealthTracker::last_round() const {
  return last_round_;
}

base::TimePoint HealthTracker::since() const {
  return since_;
}

bool HealthTracker::is_stale(base::TimePoint now) const {
  return last_round_ && now - *last_round_ > rules_.stale_after;
}

bool HealthTracker::is_wedged(base::TimePoint now) const {
  return rules_.wedged_after > base::Duration::zero() && silent_since_ &&
         now - *silent_since_ >= rules_.wedged_after;
}

void HealthTracker::start_over() {
  passes_ = fails_ = dead_rounds_ = 0;
  silent_since_.reset();
}

void HealthTracker::record_pass(bool decides, base::TimePoint now) {
  ever_passed_ = true;
  fails_ = dead_rounds_ = 0;
  silent_since_.reset();
  passes_ = std::min(passes_ + 1, rules_.rise);
  if (decides || passes_ == rules_.rise) enter(Health::up, now);
}

void HealthTracker::record_busy(base::TimePoint now) {
  passes_ = 0;
  if (!silent_since_) silent_since_ = now;
  const bool wedged = is_wedged(now);
  dead_rounds_ = wedged ? std::min(dead_rounds_ + 1, rules_.fall) : 0;
  enter(wedged ? Health::down : Health::saturated, now);
}

void HealthTracker::record_fail(bool decides, bool dead, base::TimePoint now) {
  passes_ = 0;
  fails_ = std::min(fails_ + 1, rules_.fall);
  dead_rounds_ = dead ? std::min(dead_rounds_ + 1, rules_.fall) : 0;
  if (!decides && fails_ < rules_.fall) return;
  silent_since_.reset();  // no longer saturated
  enter(Health::down, now);
}

void HealthTracker::enter(Health next, base::TimePoint now) {
  if (state_ == next) return;
  state_ = next;
  since_ = now;
}

}  // namespace probe
