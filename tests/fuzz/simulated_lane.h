// A lane's state machine in made-up time, and beside it what its events so far allow it to say.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "attempts.h"
#include "fuzzing.h"
#include "schedule/cadence.h"
#include "schedule/lane_runner.h"
#include "schedule/plans.h"

namespace fuzz {

class SimulatedLane {
 public:
  using Runner = schedule::LaneRunner;

  // waits: its worker asks for fresh evidence before it judges a silence.
  SimulatedLane(const schedule::TargetWish& wish, Runner::Asks asks, bool waits);

  // Events. Each is one that a worker may meet at any moment; those that need an exchange are
  // nothing without one.
  void come_on_time() { now_ = std::max(now_, runner_.due()); }
  void pass_time(base::Duration time) { now_ += time; }
  void end_exchange(const probe::Attempt& attempt);
  void learn(const probe::Evidence& evidence);
  void fresh_evidence_comes() { runner_.evidence_came(now_); }
  void lacks_descriptor();
  void hold_back(bool is_held) { runner_.hold_back(is_held); }

  // The worker does what is due, until nothing is; then everything is looked at.
  void settle();
  void drop();

 private:
  // What has happened to a check.
  struct Tally {
    std::uint64_t begun = 0;
    std::uint64_t without_descriptor = 0;
    std::uint64_t closed = 0;
    std::uint64_t answered = 0;
  };

  schedule::Moment moment() const;
  Tally& tally() { return tallies_[runner_.check_index()]; }
  void perform(Runner::Do what);
  void begin();
  void time_out();
  void close();
  bool is_bystander() const;
  bool must_stay() const;
  void end_late(const probe::Attempt& attempt);
  void hear();
  void look() const;
  void look_at_counts(std::size_t index, const state::CheckStatus& check) const;
  void look_at_beats(std::size_t index, const state::CheckStatus& check) const;
  void look_at_health(const state::TargetStatus& status) const;
  base::TimePoint last_beat() const;
  bool is_of_lane(const schedule::CheckPlan& check) const;

  const std::shared_ptr<const schedule::TargetPlan> plan_;
  const Runner::Asks asks_;
  const bool waits_;
  const base::TimePoint first_beat_;
  bool has_decider_ = false;
  state::ScheduleDelays delays_;
  Runner runner_;
  base::TimePoint now_;
  base::TimePoint lane_beat_;  // the last one
  // Of several that pass at once, the first one finds the checks of longer intervals that are due;
  // the others are found at the next beat.
  base::TimePoint noticed_until_;
  probe::Evidence evidence_;       // the last sample
  probe::Evidence open_evidence_;  // ... since this exchange began
  probe::Attempt silence_;         // as it was judged
  std::vector<Tally> tallies_;
  probe::Health shown_ = probe::Health::unknown;

  bool is_open_ = false;
  bool was_taken_ = false;  // since this exchange began, the queue was seen empty
  bool is_retry_ = false;
  std::uint64_t retries_of_probe_ = 0;
  base::TimePoint probe_began_{};  // its first try
  base::TimePoint judged_at_{};
  base::TimePoint backed_off_until_ = base::TimePoint::min();
  std::uint64_t abandoned_in_a_row_ = 0;
};

}  // namespace fuzz
