// The last failure of each of the targets that failed last, with its bytes, for people. Bounded
// over all targets. Written by the workers, read by any thread.
#pragma once

#include <cstddef>
#include <iterator>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/mutex.h"
#include "base/time.h"
#include "probe/conversation.h"
#include "probe/outcome.h"
#include "state/target_record.h"

namespace state {

inline constexpr std::size_t kMaxFailuresKept = 100;

// A probe that did not pass.
struct Failure {
  base::WallTime at{};
  std::size_t check = 0;  // of the target's checks
  probe::Outcome outcome = probe::Outcome::pass;
  probe::OutcomeClass outcome_class = probe::OutcomeClass::fail;
  std::shared_ptr<const std::string> detail;  // may be null
  probe::Conversation conversation;
  probe::AnswerShown answer_shown = probe::AnswerShown::whole;
};

class Failures {
 public:
  // In place of an older one of the same target; beyond kMaxFailuresKept the oldest goes.
  void keep(std::shared_ptr<const TargetRecord> target, Failure failure) EXCLUDES(mutex_);
  // Of exactly this record: a target that a reload has changed starts over.
  std::shared_ptr<const Failure> of(const TargetRecord& target) const EXCLUDES(mutex_);

 private:
  struct Kept {
    std::shared_ptr<const TargetRecord> target;  // so that its address is not used anew
    std::shared_ptr<const Failure> failure;
  };
  using Order = std::list<Kept>;

  mutable base::Mutex mutex_;
  Order order_ GUARDED_BY(mutex_);  // the newest first
  std::unordered_map<const TargetRecord*, Order::iterator> places_ GUARDED_BY(mutex_);
};

}  // namespace state
