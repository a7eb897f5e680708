#include "schedule/log.h"

#include <string>

#include "base/log.h"
#include "probe/health.h"
#include "probe/outcome.h"

namespace schedule {
namespace {

std::string text_of(const std::shared_ptr<const std::string>& detail) {
  return detail ? *detail : std::string();
}

std::string reason_of(probe::Outcome outcome) {
  if (outcome == probe::Outcome::pass) return {};
  return std::string(probe::label(probe::info(outcome).reason));
}

}  // namespace

void log_transition(const state::TargetIdentity& identity, const Transition& transition) {
  base::log::info("target health changed",
                  {{"target", identity.name},
                   {"from", std::string(probe::label(transition.from))},
                   {"to", std::string(probe::label(transition.to))},
                   {"check", identity.checks[transition.check]},
                   {"outcome", std::string(probe::label(transition.outcome))},
                   {"reason", reason_of(transition.outcome)},
                   {"class", std::string(probe::label(transition.outcome_class))},
                   {"sentence", std::string(probe::info(transition.outcome).sentence)},
                   {"detail", text_of(transition.detail)}});
}

void log_verdict(const state::TargetIdentity& identity, const Judged& judged) {
  if (!base::log::enabled(base::log::Level::debug)) return;
  base::log::debug("probe judged", {{"target", identity.name},
                                    {"check", identity.checks[judged.check]},
                                    {"outcome", std::string(probe::label(judged.outcome))},
                                    {"reason", reason_of(judged.outcome)},
                                    {"class", std::string(probe::label(judged.outcome_class))},
                                    {"detail", text_of(judged.detail)}});
}

void QueueProblemLog::tell(const std::string& problem) {
  if (problem == told_) return;
  told_ = problem;
  if (problem.empty()) return base::log::info("listen queues can be read again");
  base::log::warn("listen queues cannot be read", {{"problem", problem}});
}

}  // namespace schedule
