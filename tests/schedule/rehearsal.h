// A target's runner in made-up time, against probes that end as the test says: no socket, no
// waiting.
#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "schedule/cadence.h"
#include "schedule/lane_runner.h"
#include "schedule/plans.h"

namespace schedule {

// How one exchange ends, and how long after its begin; nothing: never.
struct Ending {
  std::optional<probe::Attempt> attempt;
  base::Duration after = std::chrono::milliseconds(10);
  bool no_descriptor = false;
};

inline Ending ends(probe::End end, int error_number = 0,
                   base::Duration after = std::chrono::milliseconds(10)) {
  Ending ending{.attempt = probe::Attempt(), .after = after};
  ending.attempt->end = end;
  ending.attempt->error_number = error_number;
  ending.attempt->elapsed = after;
  return ending;
}

inline Ending answers(std::string body, base::Duration after = std::chrono::milliseconds(10)) {
  Ending ending = ends(probe::End::answered, 0, after);
  ending.attempt->bytes_received = 100;
  ending.attempt->response.body = std::move(body);
  ending.attempt->phases[static_cast<std::size_t>(probe::Phase::wait)] = after;
  return ending;
}

inline Ending passes(base::Duration after = std::chrono::milliseconds(10)) {
  return answers("pong", after);
}
inline Ending mismatches() {
  return answers("closed for today");
}
inline Ending refuses() {
  return ends(probe::End::connect_failed, ECONNREFUSED);
}
inline Ending resets() {
  return ends(probe::End::closed, ECONNRESET);
}
inline Ending stays_silent() {
  return {};
}
inline Ending has_no_descriptor() {
  return {.attempt = {}, .no_descriptor = true};
}

class Rehearsal {
 public:
  explicit Rehearsal(const TargetWish& wish = {}) : Rehearsal(share(target_plan(wish, kStart))) {}

  explicit Rehearsal(std::shared_ptr<const TargetPlan> plan,
                     LaneRunner::Asks lane = LaneRunner::Asks::pool)
      : plan_(std::move(plan)),
        first_beat_(schedule::first_beat(plan_->record->identity().name, plan_->interval, kStart)),
        runner_(plan_, lane, delays_, kStart),
        now_(kStart) {}

  // Each exchange that is begun ends as the next of these; after the last one, they pass.
  Rehearsal& then(Ending ending) {
    endings_.push_back(std::move(ending));
    return *this;
  }

  // What is known of a pool that stays silent.
  void evidence(const probe::Evidence& evidence) { evidence_ = evidence; }

  // A new sample comes now.
  void learn(const probe::Evidence& evidence) {
    evidence_ = evidence;
    runner_.learn(evidence);
  }
  // Verdicts on silent pools wait for a sample that comes so long after the time-out; nothing:
  // never.
  void samples_take(std::optional<base::Duration> time) {
    waits_ = true;
    sample_time_ = time;
  }

  // Plays until `elapsed` after the first beat. The worker that is played comes at each event in
  // time.
  void run_to(base::Duration elapsed) {
    const base::TimePoint end = first_beat_ + elapsed;
    while (next_event() <= end) {
      now_ = std::max(now_, next_event());
      happen();
    }
    now_ = end;
  }
  void run_for(base::Duration time) { run_to(now_ + time - first_beat_); }
  // The worker is held up: nothing happens in between.
  void sleep_to(base::Duration elapsed) { now_ = first_beat_ + elapsed; }

  state::TargetStatus status() const { return status_of(*plan_); }
  state::CheckStatus check(std::size_t index = 0) const { return status().checks[index]; }
  probe::Health health() const { return status().health.health(now_); }
  base::WallTime wall() const { return wall_of(now_); }
  base::WallTime wall_at(base::Duration elapsed) const { return wall_of(first_beat_ + elapsed); }

  base::TimePoint now() const { return now_; }
  int begun() const { return begun_; }
  int closed() const { return closed_; }
  bool is_open() const { return is_open_; }
  base::Duration last_begin() const { return last_begin_ - first_beat_; }  // after the first beat
  base::Duration last_time_out() const { return last_verdict_ - last_begin_; }  // after its begin
  LaneRunner& runner() { return runner_; }
  const state::ScheduleDelays& delays() const { return delays_; }

 private:
  static constexpr base::TimePoint kStart{std::chrono::hours(1)};

  static base::WallTime wall_of(base::TimePoint steady) {
    return base::WallTime(std::chrono::hours(500'000) + steady.time_since_epoch());
  }
  Moment moment() const { return {.steady = now_, .wall = wall_of(now_)}; }

  base::TimePoint next_event() const {
    base::TimePoint next = runner_.due();
    if (ends_at_) next = std::min(next, *ends_at_);
    if (sample_at_) next = std::min(next, *sample_at_);
    return next;
  }

  void happen() {
    if (ends_at_ && *ends_at_ <= now_) {
      ends_at_.reset();
      is_open_ = false;
      if (under_way_.no_descriptor) {
        runner_.no_descriptor(moment());
      } else {
        runner_.finished(*under_way_.attempt, {}, moment());
      }
      look();
    }
    if (sample_at_ && *sample_at_ <= now_) {
      sample_at_.reset();
      runner_.evidence_came(now_);
    }
    for (auto what = runner_.next(moment()); what != LaneRunner::Do::wait;
         what = runner_.next(moment())) {
      perform(what);
      look();
    }
    look();
  }

  void perform(LaneRunner::Do what) {
    switch (what) {
      case LaneRunner::Do::wait:
        return;
      case LaneRunner::Do::begin:
        return begin();
      case LaneRunner::Do::time_out: {
        if (waits_ && runner_.may_wait_for_evidence()) {
          if (sample_time_) sample_at_ = now_ + *sample_time_;
          return;
        }
        probe::Attempt attempt;
        attempt.end = probe::End::timed_out;
        attempt.reached = probe::Phase::wait;
        last_verdict_ = now_;
        return runner_.timed_out(attempt, evidence_, moment());
      }
      case LaneRunner::Do::close:
        ASSERT_TRUE(is_open_);
        is_open_ = false;
        ends_at_.reset();
        ++closed_;
    }
  }

  void begin() {
    ASSERT_FALSE(is_open_) << "two exchanges at once";
    ++begun_;
    last_begin_ = now_;
    under_way_ = passes();
    if (!endings_.empty()) {
      under_way_ = std::move(endings_.front());
      endings_.pop_front();
    }
    is_open_ = true;
    const bool ever_ends = under_way_.attempt || under_way_.no_descriptor;
    if (ever_ends)
      ends_at_ = now_ + (under_way_.no_descriptor ? base::Duration(0) : under_way_.after);
  }

  // A reader comes at the worst of times.
  void look() const {
    for (const state::CheckStatus& each : status().checks) EXPECT_EQ(broken_promise(each), "");
  }

  const std::shared_ptr<const TargetPlan> plan_;
  const base::TimePoint first_beat_;
  state::ScheduleDelays delays_;
  LaneRunner runner_;
  base::TimePoint now_;
  std::deque<Ending> endings_;
  probe::Evidence evidence_;
  bool waits_ = false;
  std::optional<base::Duration> sample_time_;
  std::optional<base::TimePoint> sample_at_;
  base::TimePoint last_verdict_{};

  Ending under_way_;
  std::optional<base::TimePoint> ends_at_;
  bool is_open_ = false;
  int begun_ = 0;
  int closed_ = 0;
  base::TimePoint last_begin_{};
};

}  // namespace schedule
