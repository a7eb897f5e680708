// What is known of a lane's exchange while nobody answers it, and what its silence goes on to say
// after the verdict. Pure; owned by its lane.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "base/time.h"
#include "probe/attempt.h"
#include "probe/check.h"
#include "probe/evidence.h"
#include "probe/health.h"
#include "schedule/plan.h"
#include "schedule/round.h"

namespace schedule {

// Whether it ended as a worker of a pool that reloads leaves it: worth another try.
bool is_closed_without_answer(const probe::Attempt& attempt);

class OpenExchange {
 public:
  // A new connection: nothing is known of it.
  void begin();
  void learn(const probe::Evidence& evidence);
  struct Judged {
    probe::Attempt attempt;
    const CheckPlan* check = nullptr;
    std::size_t index = 0;
    Round round;  // the one in turn, without it
    base::TimePoint at{};
  };
  // It stays open after its verdict.
  void judged(Judged judged) { judged_ = std::make_unique<const Judged>(std::move(judged)); }

  // An accept queue is served in order: once it was seen empty, our request is not in it any more.
  // A guess otherwise, since those that wait may be others. REQUIRES, as say_again(): judged().
  bool is_queued() const;
  bool was_taken() const { return was_taken_; }

  struct Said {
    probe::Verdict verdict;
    probe::RoundResult result;
  };
  // What a beat that finds it open says: the same verdict in the light of what is known by now.
  // Nothing for a check that does not decide the health, except while its request is queued: a pool
  // that takes nobody's connection is as busy for the check that decides.
  std::optional<Said> say_again(base::TimePoint now) const;

 private:
  probe::Evidence evidence_;
  bool was_taken_ = false;
  std::unique_ptr<const Judged> judged_;  // null for nearly all: an answer leaves nothing open
};

}  // namespace schedule
