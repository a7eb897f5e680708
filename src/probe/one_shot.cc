#include "probe/one_shot.h"

#include <algorithm>

namespace probe {
namespace {

bool has_failed(const CheckReport& report) {
  return report.decides && report.verdict.outcome_class != OutcomeClass::pass;
}

}  // namespace

bool is_success(const OneShotReport& report) {
  const bool has_decider = std::ranges::any_of(report.checks, &CheckReport::decides);
  return report.end == OneShotReport::End::judged && has_decider && !report.misses_a_decider &&
         std::ranges::none_of(report.checks, has_failed);
}

const CheckReport* explaining_check(const OneShotReport& report) {
  auto found = std::ranges::find_if(report.checks, has_failed);
  if (found == report.checks.end()) {
    found = std::ranges::find_if(report.checks, &CheckReport::decides);
  }
  if (found == report.checks.end()) found = report.checks.begin();
  return found == report.checks.end() ? nullptr : &*found;
}

base::Duration one_shot_limit(std::size_t checks, base::Duration timeout,
                              std::optional<base::Duration> caller_waits, base::Duration offset) {
  const base::Duration needed = static_cast<base::Duration::rep>(checks) * timeout;
  if (!caller_waits) return needed;
  return std::min(needed, std::max(*caller_waits - offset, *caller_waits / 2));
}

}  // namespace probe
