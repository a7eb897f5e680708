// Targets with a chosen health, for tests of the pages that show many.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "state/board.h"
#include "state/target_record.h"

namespace web {

inline const base::TimePoint kNow(std::chrono::hours(5));

inline state::TargetIdentity named(std::string name) {
  state::TargetIdentity identity;
  identity.name = std::move(name);
  identity.address = *base::parse_address("127.0.0.1:9000");
  identity.module = "php_fpm";
  identity.source = "config";
  identity.checks = {"ping"};
  return identity;
}

// After one round of this outcome, just now.
inline std::shared_ptr<state::TargetRecord> target_with(state::TargetIdentity identity,
                                                        probe::Outcome outcome,
                                                        const std::string& detail = {}) {
  auto record = state::make_record(std::move(identity), {}, kNow - std::chrono::minutes(10));
  record->update([&](state::TargetStatus& status) {
    state::CheckStatus& check = status.checks[0];
    check.last_outcome = outcome;
    check.last_class = probe::info(outcome).outcome_class;
    check.last_detail = std::make_shared<const std::string>(detail);
    check.last_phases[1] = std::chrono::microseconds(310);
    status.health.record({.outcome_class = check.last_class}, kNow);
  });
  return record;
}

inline std::shared_ptr<state::TargetRecord> unprobed(std::string name) {
  return state::make_record(named(std::move(name)), {}, kNow);
}

inline std::shared_ptr<const state::TargetSet> set_of(
    std::vector<std::shared_ptr<state::TargetRecord>> records) {
  return std::make_shared<const state::TargetSet>(std::move(records));
}

}  // namespace web
