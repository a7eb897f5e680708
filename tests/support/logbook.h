// What a scripted responder has seen and what its test has told it: the only thing that its thread
// and the test share.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/mutex.h"

namespace support {

struct Counts {
  std::size_t accepted = 0;
  std::size_t requests = 0;        // read in full
  std::size_t closed_by_peer = 0;  // while its script still ran
  std::size_t finished = 0;        // connections over, whoever closed them
};

class Logbook {
 public:
  void count(std::size_t Counts::*what);
  void keep_request(std::string bytes);
  void add_signal();
  bool take_signal();  // false when there is none to take

  Counts counts() const;
  std::vector<std::string> requests() const;
  bool wait_for(const std::function<bool(const Counts&)>& reached) const;

 private:
  mutable base::Mutex mutex_;
  mutable base::Condition changed_;
  Counts counts_ GUARDED_BY(mutex_);
  std::vector<std::string> requests_ GUARDED_BY(mutex_);
  std::size_t signals_ GUARDED_BY(mutex_) = 0;
};

}  // namespace support
