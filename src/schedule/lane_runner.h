// The beats, rounds and probes of one lane, as a state machine: what is asked when, what is
// counted, what a round means for the health. A lane is the checks of a target that are asked one
// after the other over one exchange at a time; only the first, the pool's own, decides its health.
// No socket, no clock, no log: the worker tells it what happened and when, and does what next()
// says. Used by the target's worker thread alone; the lanes of a target are the only writers of its
// record.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "probe/attempt.h"
#include "probe/evidence.h"
#include "probe/health.h"
#include "schedule/check_beats.h"
#include "schedule/open_exchange.h"
#include "schedule/plan.h"
#include "schedule/round.h"
#include "state/target_record.h"
#include "state/vitals.h"

namespace schedule {

// A verdict on a silent pool waits so long for a fresh sample of its listen queue: an older one
// would call a pool dead that has just filled up.
inline constexpr base::Duration kMaxEvidenceWait = std::chrono::milliseconds(100);
// An exchange that the kernel shows as still queued is not given up; looked at so often.
inline constexpr base::Duration kQueuedAgain = std::chrono::seconds(1);
// ... and given up after so many times abandon_after: PHP-FPM has been seen to forget an entry of
// an ondemand pool until the next one came.
inline constexpr int kMaxQueuedTimes = 20;
// A script that hangs holds a worker whether we wait or not, and each new run would take another.
inline constexpr base::Duration kScriptAbandonAfter = std::chrono::hours(1);

// One instant on both clocks.
struct Moment {
  base::TimePoint steady;
  base::WallTime wall;
};

// The health of a target became another one; for the log.
struct Transition {
  probe::Health from = probe::Health::unknown;
  probe::Health to = probe::Health::unknown;
  std::size_t check = 0;  // the check that explains it, and its last verdict
  probe::Outcome outcome = probe::Outcome::pass;
  probe::OutcomeClass outcome_class = probe::OutcomeClass::pass;
  std::shared_ptr<const std::string> detail;  // may be null
};

// A verdict; for the log.
struct Judged {
  std::size_t check = 0;
  probe::Outcome outcome = probe::Outcome::pass;
  probe::OutcomeClass outcome_class = probe::OutcomeClass::pass;
  std::shared_ptr<const std::string> detail;  // may be null
};

class LaneRunner {
 public:
  // pool: what its own address answers at once; the others never touch the health. A script has a
  // lane of its own, so that a slow one is in nobody's way, and holds one worker at the most.
  enum class Asks : std::uint8_t { pool, status_address, script };

  // `delays` outlives the runner.
  LaneRunner(std::shared_ptr<const TargetPlan> plan, Asks asks, state::ScheduleDelays& delays,
             base::TimePoint start);

  enum class Do : std::uint8_t {
    wait,      // nothing before due()
    begin,     // a probe of check(): answer with finished() or no_descriptor()
    time_out,  // judge the probe as it stands: timed_out(), or finished() when it has ended after
               // all
    close,     // the exchange: nobody waits for it any more
  };
  // What to do now; to be called after every event, again and again until it says wait.
  Do next(Moment now);
  base::TimePoint due() const;  // of next(), if nothing happens before

  const CheckPlan& check() const { return plan_->checks[check_index()]; }
  std::size_t check_index() const { return due_[turn_]; }

  // The probe ended. After its verdict this is the end of an overdue exchange: an answer is then a
  // late answer, which changes the histogram and the phases and nothing else.
  void finished(const probe::Attempt& attempt, const probe::Evidence& evidence, Moment now);
  // True once for each probe that is past its time: its verdict may wait for fresh evidence, no
  // longer than kMaxEvidenceWait, until evidence_came().
  bool may_wait_for_evidence();
  void evidence_came(base::TimePoint now);
  // Another lane waits for an answer of the pool: no script is added to what it has to do.
  void hold_back(bool is_held) { is_held_back_ = is_held; }
  // What is known now. An overdue exchange is weighed anew with it at each beat, is kept while it
  // is queued, and a back-off ends when the pool has come back.
  void learn(const probe::Evidence& evidence);
  // Judged without an answer; the exchange stays open until next() says close.
  void timed_out(const probe::Attempt& attempt, const probe::Evidence& evidence, Moment now);
  void no_descriptor(Moment now);
  // The target leaves: the beats of probes that will never be judged are taken back, so that the
  // record still adds up.
  void drop();

  Asks asks() const { return asks_; }
  bool is_idle() const { return state_ == State::idle; }  // until its next beat
  bool is_asking() const { return state_ == State::asking || state_ == State::pausing; }
  base::TimePoint probe_began() const { return began_; }  // the last one
  // What the last probe says about the pool, for the other lane; of the lane of the status address.
  probe::StatusAddressAnswer answer() const { return answer_; }
  bool is_judged() const { return state_ == State::overdue; }  // ... while its exchange is open
  bool has_had_round() const { return has_had_round_; }
  // What has happened since the last call.
  bool has_news() const { return judged_ || transition_; }
  std::optional<Judged> take_judged() { return std::exchange(judged_, std::nullopt); }
  std::optional<Transition> take_transition() { return std::exchange(transition_, std::nullopt); }

 private:
  enum class State : std::uint8_t {
    idle,     // until the next beat
    ready,    // check() is to be begun
    asking,   // a probe of check() is under way, until deadline_
    pausing,  // before the retry of check(), until retry_at_
    overdue,  // judged, its exchange open, until abandon_at_
  };
  enum class Ended : std::uint8_t { yes, no };  // whether the exchange of a judged probe is gone

  Do begin(Moment now);
  base::Duration abandon_after() const;
  bool may_stay(base::TimePoint now) const;
  bool is_bystander() const;
  bool is_in_the_way() const;
  Do give_way(Moment now);
  Do abandon(Moment now);
  Do close_unanswered();
  void on_beat(Moment now);
  void say_again(Moment now);
  std::optional<state::Skip> reason_to_skip(base::TimePoint now) const;
  void start_round(const std::vector<CheckBeat>& beats, base::TimePoint now);
  void settle(const probe::Attempt& attempt, const probe::Evidence& evidence, Moment now,
              Ended ended);
  void go_on();
  void stay_open();
  void show_own_entry(bool is_there);
  void end_late(const probe::Attempt& attempt);
  bool deserves_retry(const probe::Attempt& attempt);
  void pause_before_retry(Moment now);
  void skip_rest(std::size_t from, state::Skip reason, state::TargetStatus& status);
  void end_round(Moment now, state::TargetStatus& status);
  void notice_health(Moment now, const state::TargetStatus& status);
  std::shared_ptr<const std::string> detail_of(const probe::Verdict& verdict);

  const std::shared_ptr<const TargetPlan> plan_;
  const Asks asks_;
  const base::Duration offset_;  // of this lane's beats, after those of the pool's
  state::TargetRecord& record_;
  state::ScheduleDelays& delays_;

  State state_ = State::idle;
  base::TimePoint beat_;  // the next one
  base::TimePoint deadline_{};
  base::TimePoint abandon_at_{};
  base::TimePoint retry_at_{};
  base::TimePoint backed_off_until_{};
  std::uint64_t abandoned_in_a_row_ = 0;
  std::uint64_t retries_ = 0;  // of the target so far: spreads their delays
  int tries_ = 0;              // of the probe in turn

  CheckBeats beats_;              // of the checks of this lane
  bool has_decider_ = false;      // one of them decides the health
  std::vector<std::size_t> due_;  // of the round in turn: indices of the plan's checks
  std::size_t turn_ = 0;          // of due_
  Round round_;
  OpenExchange open_;
  bool shows_own_entry_ = false;
  bool is_held_back_ = false;
  bool answers_late_ = false;  // its last answer came after the verdict: it is slow, and not dead
  base::TimePoint give_up_at_{};  // whatever the queue says
  bool has_waited_ = false;       // for evidence, the probe in turn
  base::TimePoint began_{};
  probe::StatusAddressAnswer answer_ = probe::StatusAddressAnswer::unusable;
  bool has_had_round_ = false;
  probe::Health shown_ = probe::Health::unknown;
  std::optional<Judged> judged_;
  std::optional<Transition> transition_;
  std::vector<std::shared_ptr<const std::string>>
      details_;  // by check: the last, to replace only what changed
};

}  // namespace schedule
