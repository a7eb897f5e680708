// The last rounds of one target, and its last failures, which are kept longer: 8 bytes each, so
// that 10,000 targets may have one. A value, not for concurrent use by itself: its record has the
// lock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"
#include "probe/health.h"
#include "probe/outcome.h"

namespace state {

inline constexpr std::size_t kHistoryRounds = 120;
inline constexpr std::size_t kHistoryFailures = 24;

// One finished round, as it is shown.
struct PastRound {
  base::TimePoint at{};
  probe::Outcome outcome = probe::Outcome::pass;  // of the check that decided
  probe::OutcomeClass outcome_class = probe::OutcomeClass::pass;
  probe::Health health = probe::Health::unknown;  // after the round
  base::Duration latency{};                       // connect to the end, at most kMaxLatency
  // Nothing new was asked: the probe of a round before was still unanswered.
  bool is_repeated = false;
};

class History {
 public:
  static constexpr base::Duration kMaxLatency = std::chrono::microseconds(10) * ((1 << 22) - 1);
  static constexpr base::Duration kTick = std::chrono::milliseconds(100);  // of PastRound::at

  explicit History(base::TimePoint began = {}) : began_(began) {}

  // In the order of time.
  void add(const PastRound& round);

  std::vector<PastRound> rounds() const;    // the last kHistoryRounds, oldest first
  std::vector<PastRound> failures() const;  // the last kHistoryFailures that were busy or failed

 private:
  struct Packed {
    std::uint32_t ticks;         // of kTick since began_: 13 years
    std::uint32_t latency : 22;  // of 10 us
    std::uint32_t outcome : 5;
    std::uint32_t outcome_class : 2;
    std::uint32_t health : 2;
    std::uint32_t is_repeated : 1;
  };
  static_assert(sizeof(Packed) == 8);
  static_assert(probe::kOutcomeCount <= 1 << 5);

  Packed pack(const PastRound& round) const;
  PastRound unpack(const Packed& packed) const;

  base::TimePoint began_;
  std::array<Packed, kHistoryRounds> rounds_{};
  std::vector<Packed> failures_;  // most targets have none; never more than kHistoryFailures
  std::uint32_t added_ = 0;       // how often: the place of the next is the rest
  std::uint32_t failed_ = 0;
};

}  // namespace state
