// Targets and plans for tests of this floor.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/address.h"
#include "probe/check.h"
#include "schedule/plan.h"
#include "state/target_record.h"

namespace schedule {

struct CheckWish {
  std::string name = "ping";
  bool decides_health = true;
  base::Duration interval{0};
  bool asks_status_address = false;
  std::string kind = "ping";
  bool answers_at_once = true;
};

inline CheckPlan check_plan(const CheckWish& wish) {
  probe::CheckSettings settings;
  settings.name = wish.name;
  settings.kind = wish.kind;
  auto check = probe::make_check(settings);
  const std::shared_ptr<const probe::Check> shared = std::move(check).value();
  return {.check = shared,
          .request = {shared, &shared->request()},
          .decides_health = wish.decides_health,
          .interval = wish.interval,
          .answers_at_once = wish.answers_at_once,
          .asks_status_address = wish.asks_status_address};
}

struct TargetWish {
  std::string name = "www";
  base::Address address = *base::parse_address("127.0.0.1:9000");
  std::vector<CheckWish> checks = {{}};
  base::Duration interval = std::chrono::seconds(1);
  base::Duration timeout = std::chrono::milliseconds(500);
  base::Duration abandon_after = std::chrono::seconds(3);
  base::Duration stale_after = std::chrono::seconds(30);
  probe::HealthRules health = {};
  std::optional<base::Address> status_address = std::nullopt;
};

inline TargetPlan target_plan(const TargetWish& wish, base::TimePoint now) {
  state::TargetIdentity identity;
  identity.name = wish.name;
  identity.address = wish.address;
  TargetPlan plan;
  for (const CheckWish& check : wish.checks) {
    identity.checks.push_back(check.name);
    plan.checks.push_back(check_plan(check));
  }
  probe::HealthRules rules = wish.health;
  rules.stale_after = wish.stale_after;
  plan.record = state::make_record(std::move(identity), rules, now);
  plan.interval = wish.interval;
  plan.timeout = wish.timeout;
  plan.abandon_after = wish.abandon_after;
  plan.stale_after = wish.stale_after;
  plan.status_address = wish.status_address;
  return plan;
}

inline std::shared_ptr<const TargetPlan> share(TargetPlan plan) {
  return std::make_shared<const TargetPlan>(std::move(plan));
}

inline state::TargetStatus status_of(const TargetPlan& plan) {
  state::TargetStatus status;
  plan.record->copy_to(status);
  return status;
}

// Quick beats, and nobody is judged or given up before the test ends.
inline TargetWish patient_wish(const base::Address& address, std::string name = "www") {
  return {.name = std::move(name),
          .address = address,
          .interval = std::chrono::milliseconds(20),
          .timeout = std::chrono::seconds(30),
          .abandon_after = std::chrono::seconds(60),
          .stale_after = std::chrono::seconds(60)};
}

inline std::shared_ptr<const TargetPlan> target(const TargetWish& wish) {
  return share(target_plan(wish, base::Clock::now()));
}

inline state::CheckStatus check_of(const std::shared_ptr<const TargetPlan>& plan) {
  return status_of(*plan).checks[0];
}

inline probe::Health health_of(const std::shared_ptr<const TargetPlan>& plan) {
  return status_of(*plan).health.health(base::Clock::now());
}

inline std::uint64_t skipped(const state::CheckStatus& check, state::Skip reason) {
  return check.skipped[static_cast<std::size_t>(reason)];
}

inline std::uint64_t all_skipped(const state::CheckStatus& check) {
  std::uint64_t sum = 0;
  for (const std::uint64_t beats : check.skipped) sum += beats;
  return sum;
}

inline std::uint64_t failures(const state::CheckStatus& check, probe::Reason reason) {
  return check.failures[static_cast<std::size_t>(reason)];
}

// What every reader may rely on at every moment; empty when it holds.
inline std::string broken_promise(const state::CheckStatus& check) {
  const std::uint64_t accounted = check.probes + all_skipped(check);
  if (check.planned != accounted && check.planned != accounted + 1) {
    return "planned " + std::to_string(check.planned) + ", accounted " + std::to_string(accounted);
  }
  std::uint64_t failed = 0;
  for (const std::uint64_t each : check.failures) failed += each;
  if (check.probes != check.passes + failed) return "probes are not passes + failures";
  return {};
}

}  // namespace schedule
