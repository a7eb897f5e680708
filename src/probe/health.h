// Turns the rounds of a target into its health. Pure: time is an argument. A small value: its
// worker records, readers copy it and ask about their own `now`, so that staleness needs no timer.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "base/time.h"
#include "probe/outcome.h"

namespace probe {

enum class Health : std::uint8_t { up, saturated, down, unknown };
std::string_view label(Health health);
// For "the worst of several": down > unknown > saturated > up.
bool worse(Health a, Health b);

struct Verdict;

// Numbers below 1 count as 1.
struct HealthRules {
  int rise = 1;
  int fall = 3;
  base::Duration stale_after = std::chrono::seconds(30);
  base::Duration start_grace = std::chrono::seconds(60);
  base::Duration wedged_after{0};  // 0: never

  bool operator==(const HealthRules&) const = default;
};

struct RoundResult {
  OutcomeClass outcome_class = OutcomeClass::pass;
  bool dead = false;
  bool answered = false;  // a whole answer came, whatever it said; a pass always counts as one
};

RoundResult round_of(const Verdict& verdict);
// Of two checks that both decide: the worse class; dead only when both are, since who answers one
// check serves.
RoundResult both(RoundResult a, RoundResult b);

// The first round decides at once, and so does the first one after a staleness: waiting for `rise`
// or `fall` would show what was true before as if it were known now. From then on
// - a pass ends the count of fails; `rise` of them in a row make the target up;
// - a busy round makes it saturated at once, from any state. It ends the count of passes and leaves
//   the count of fails, so that a pool which is by turns busy and failing goes down in the end;
// - a fail ends the count of passes; `fall` of them without a pass between make the target down.
//   Until then it stays what it was, be it up or saturated.
// wedged_after: a busy round makes the target down, and is a dead one, when the target has been
// saturated that long without any whole answer.
class HealthTracker {
 public:
  HealthTracker() = default;
  HealthTracker(HealthRules rules, base::TimePoint started);

  void record(RoundResult round, base::TimePoint now);

  Health health(base::TimePoint now) const;
  // The last finished round passed and is not stale; nothing before the first round.
  std::optional<bool> up(base::TimePoint now) const;
  // For a livenessProbe: false only when the last `fall` rounds were all dead and the start grace
  // is over.
  bool live(base::TimePoint now) const;
  std::optional<base::TimePoint> last_round() const;
  // When health() last became what it is, staleness aside; for transitions in the log.
  base::TimePoint since() const;

 private:
  bool is_stale(base::TimePoint now) const;
  bool is_wedged(base::TimePoint now) const;
  void start_over();
  void record_pass(bool decides, base::TimePoint now);
  void record_busy(base::TimePoint now);
  void record_fail(bool decides, bool dead, base::TimePoint now);
  void enter(Health next, base::TimePoint now);

  HealthRules rules_;
  base::TimePoint started_{};
  base::TimePoint since_{};
  std::optional<base::TimePoint> last_round_;
  std::optional<base::TimePoint> silent_since_;  // saturated from then on, and no whole answer
  int passes_ = 0;                               // in a row; never counted beyond rise
  int fails_ = 0;                                // since the last pass; never beyond fall
  int dead_rounds_ = 0;                          // in a row; never beyond fall
  Health state_ = Health::unknown;               // staleness aside
  bool last_passed_ = false;
  bool ever_passed_ = false;
};
static_assert(std::is_trivially_copyable_v<HealthTracker> && sizeof(HealthTracker) <= 128,
              "a reader copies one per target under the record's lock");

}  // namespace probe
