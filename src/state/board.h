// The current set of targets. One mutex around one pointer: readers take the set, then copy record
// by record.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "state/target_record.h"

namespace state {

// Immutable after construction; sorted by target name.
class TargetSet {
 public:
  explicit TargetSet(std::vector<std::shared_ptr<TargetRecord>> records);

  const std::vector<std::shared_ptr<TargetRecord>>& records() const { return records_; }
  const TargetRecord* find(std::string_view name) const;  // null when there is none

 private:
  std::vector<std::shared_ptr<TargetRecord>> records_;
};

class Board {
 public:
  std::shared_ptr<const TargetSet> targets() const EXCLUDES(mutex_);  // never null
  void replace(std::shared_ptr<const TargetSet> targets) EXCLUDES(mutex_);

 private:
  mutable base::Mutex mutex_;
  std::shared_ptr<const TargetSet> targets_ GUARDED_BY(mutex_) =
      std::make_shared<const TargetSet>(std::vector<std::shared_ptr<TargetRecord>>{});
};

}  // namespace state
