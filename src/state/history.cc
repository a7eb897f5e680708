#include "state/history.h"

#include <algorithm>

namespace state {
namespace {

constexpr base::Duration kLatencyUnit = std::chrono::microseconds(10);

}  // namespace

void History::add(const PastRound& round) {
  const Packed packed = pack(round);
  rounds_[added_++ % kHistoryRounds] = packed;
  // So that the count stays right when it has gone round: only what it is modulo the size matters.
  if (added_ == 2 * kHistoryRounds) added_ = kHistoryRounds;
  if (round.outcome_class == probe::OutcomeClass::pass) return;
  if (failures_.size() < kHistoryFailures) {
    failures_.reserve(kHistoryFailures);
    failures_.push_back(packed);
  } else {
    failures_[failed_ % kHistoryFailures] = packed;
    failed_ = static_cast<std::uint32_t>((failed_ + 1) % kHistoryFailures);
  }
}

std::vector<PastRound> History::rounds() const {
  const std::size_t size = std::min<std::size_t>(added_, kHistoryRounds);
  std::vector<PastRound> rounds;
  rounds.reserve(size);
  for (std::size_t i = added_ - size; i < added_; ++i) {
    rounds.push_back(unpack(rounds_[i % kHistoryRounds]));
  }
  return rounds;
}

std::vector<PastRound> History::failures() const {
  std::vector<PastRound> failures;
  failures.reserve(failures_.size());
  for (std::size_t i = 0; i < failures_.size(); ++i) {
    failures.push_back(unpack(failures_[(failed_ + i) % failures_.size()]));
  }
  return failures;
}

History::Packed History::pack(const PastRound& round) const {
  const base::Duration latency = std::clamp(round.latency, base::Duration::zero(), kMaxLatency);
  const base::Duration since = std::max(round.at - began_, base::Duration::zero());
  return {.ticks = static_cast<std::uint32_t>(since / kTick),
          .latency = static_cast<std::uint32_t>(latency / kLatencyUnit) & 0x3fffff,
          .outcome = static_cast<std::uint32_t>(round.outcome) & 0x1f,
          .outcome_class = static_cast<std::uint32_t>(round.outcome_class) & 3,
          .health = static_cast<std::uint32_t>(round.health) & 3,
          .is_repeated = round.is_repeated};
}

PastRound History::unpack(const Packed& packed) const {
  return {.at = began_ + packed.ticks * kTick,
          .outcome = static_cast<probe::Outcome>(packed.outcome),
          .outcome_class = static_cast<probe::OutcomeClass>(packed.outcome_class),
          .health = static_cast<probe::Health>(packed.health),
          .latency = packed.latency * kLatencyUnit,
          .is_repeated = packed.is_repeated != 0};
}

}  // namespace state
