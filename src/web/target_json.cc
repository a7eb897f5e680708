#include "web/target_json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "metrics/pool_figures.h"
#include "probe/outcome.h"
#include "web/age.h"
#include "web/readiness.h"

namespace web {
namespace {

using Json = nlohmann::ordered_json;

// To the microsecond: more digits would only be noise to read.
double seconds_of(base::Duration duration) {
  return std::round(base::seconds(duration) * 1e6) / 1e6;
}

double unix_of(base::WallTime time) {
  return std::round(base::unix_seconds(time) * 1e3) / 1e3;
}

double unix_of(base::TimePoint at, Now now) {
  return unix_of(now.wall - (now.steady - at));
}

Json unix_or_null(base::WallTime time) {
  return time == base::WallTime{} ? Json(nullptr) : Json(unix_of(time));
}

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json outcome_json(probe::Outcome outcome, probe::OutcomeClass outcome_class,
                  const std::shared_ptr<const std::string>& detail) {
  const probe::OutcomeInfo& info = probe::info(outcome);
  Json json{{"outcome", info.label},
            {"reason", nullptr},
            {"class", probe::label(outcome_class)},
            {"sentence", info.sentence},
            {"detail", detail ? *detail : std::string()}};
  if (outcome != probe::Outcome::pass) json["reason"] = probe::label(info.reason);
  return json;
}

// The verdict that explains the health; null before the first.
Json why(const state::TargetIdentity& identity, const state::TargetStatus& status) {
  if (status.checks.empty()) return nullptr;
  const state::CheckStatus& check = status.checks[status.deciding_check];
  if (!check.last_outcome) return nullptr;
  Json json{{"check", identity.checks[status.deciding_check]}};
  json.update(outcome_json(*check.last_outcome, check.last_class, check.last_detail));
  return json;
}

// Since when the health is what it is, staleness counted from the moment it began.
base::TimePoint since(const state::TargetIdentity& identity, const state::TargetStatus& status,
                      probe::Health health) {
  const std::optional<base::TimePoint> last = status.health.last_round();
  const bool is_stale = health == probe::Health::unknown && last;
  return is_stale ? *last + identity.stale_after : status.health.since();
}

Json phases_json(const probe::Phases& phases) {
  Json json = Json::object();
  for (std::size_t i = 0; i < phases.size(); ++i) {
    json[std::string(probe::label(static_cast<probe::Phase>(i)))] = seconds_of(phases[i]);
  }
  return json;
}

Json queue_json(const state::TargetStatus& status) {
  if (!status.listen_queue) return nullptr;
  return {{"connections", status.listen_queue->length}, {"limit", status.listen_queue->limit}};
}

// The pool's figures while its status page is fresh; of an older one only whose it was.
Json pool_json(const state::TargetIdentity& identity, const state::TargetStatus& status,
               base::TimePoint now) {
  if (!status.pool.page) return nullptr;
  Json json{{"name", *status.pool.name},
            {"age_seconds", seconds_of(age(status.pool.taken, now))},
            {"fresh", false},
            {"max_children", or_null(identity.max_children)}};
  const phpfpm::StatusPage* page = metrics::fresh_page(identity, status, now);
  if (page == nullptr) return json;
  const metrics::QueueFigures queue = metrics::queue_figures(*page, identity, status);
  json.update({{"fresh", true},
               {"process_manager", page->process_manager},
               {"idle_processes", or_null(page->idle_processes)},
               {"active_processes", or_null(page->active_processes)},
               {"total_processes", or_null(page->total_processes)},
               {"active_processes_peak", or_null(page->active_processes_peak)},
               {"listen_queue", or_null(queue.length)},
               {"listen_queue_limit", or_null(queue.limit)},
               {"accepted_connections", or_null(page->accepted_connections)},
               {"max_children_reached", or_null(page->max_children_reached)},
               {"slow_requests", or_null(page->slow_requests)},
               {"start_time", or_null(page->start_time)}});
  return json;
}

Json latency_of(const state::PastRound& round) {
  return round.is_repeated ? Json(nullptr) : Json(seconds_of(round.latency));
}

Json recent_json(const std::vector<state::PastRound>& rounds) {
  const std::size_t from = rounds.size() - std::min(rounds.size(), kRecentRounds);
  Json classes = Json::array();
  Json latencies = Json::array();
  for (std::size_t i = from; i < rounds.size(); ++i) {
    classes.push_back(probe::label(rounds[i].outcome_class));
    latencies.push_back(latency_of(rounds[i]));
  }
  return {{"class", std::move(classes)}, {"latency_seconds", std::move(latencies)}};
}

Json rounds_json(const std::vector<state::PastRound>& rounds, Now now) {
  Json json = Json::array();
  for (const state::PastRound& round : rounds) {
    json.push_back({{"time", unix_of(round.at, now)},
                    {"outcome", probe::label(round.outcome)},
                    {"class", probe::label(round.outcome_class)},
                    {"health", probe::label(round.health)},
                    {"latency_seconds", latency_of(round)},
                    {"repeated", round.is_repeated}});
  }
  return json;
}

Json labels_json(const state::TargetIdentity& identity) {
  Json json = Json::object();
  for (const auto& [name, value] : identity.labels) json[name] = value;
  return json;
}

Json summary_of(const state::TargetIdentity& identity, const state::TargetStatus& status,
                const std::vector<state::PastRound>& rounds, Now now) {
  const probe::Health health = status.health.health(now.steady);
  const std::optional<base::TimePoint> last = status.health.last_round();
  Json json{{"name", identity.name},
            {"health", probe::label(health)},
            {"since", unix_of(since(identity, status, health), now)},
            {"stale", health == probe::Health::unknown && last.has_value()},
            {"why", why(identity, status)},
            {"address", identity.address.text()},
            {"module", identity.module},
            {"source", identity.source},
            {"labels", labels_json(identity)},
            {"age_seconds", last ? Json(seconds_of(age(*last, now.steady))) : Json(nullptr)},
            {"last_round", unix_or_null(status.last_probe)},
            {"last_success", unix_or_null(status.last_success)},
            {"phases_seconds", nullptr},
            {"queue", queue_json(status)},
            {"pool", pool_json(identity, status, now.steady)},
            {"recent", recent_json(rounds)}};
  if (last) json["phases_seconds"] = phases_json(status.checks[status.deciding_check].last_phases);
  return json;
}

Json failures_json(const state::CheckStatus& check) {
  Json json = Json::object();
  for (std::size_t i = 0; i < check.failures.size(); ++i) {
    json[std::string(probe::label(static_cast<probe::Reason>(i)))] = check.failures[i];
  }
  return json;
}

Json skipped_json(const state::CheckStatus& check) {
  Json json = Json::object();
  for (std::size_t i = 0; i < check.skipped.size(); ++i) {
    json[std::string(state::label(static_cast<state::Skip>(i)))] = check.skipped[i];
  }
  return json;
}

Json check_json(const std::string& name, const state::CheckStatus& check) {
  Json json{{"name", name},
            {"planned", check.planned},
            {"probes", check.probes},
            {"passes", check.passes},
            {"failures", failures_json(check)},
            {"skipped", skipped_json(check)},
            {"retries", check.retries},
            {"abandoned", check.abandoned},
            {"late_answers", check.late_answers},
            {"stderr_bytes", check.stderr_bytes},
            {"last_probe", unix_or_null(check.last_time)},
            {"last", nullptr},
            {"phases_seconds", phases_json(check.last_phases)}};
  if (check.last_outcome) {
    json["last"] = outcome_json(*check.last_outcome, check.last_class, check.last_detail);
  }
  return json;
}

Json transcript_json(const state::Failure& failure) {
  Json json = Json::array();
  for (probe::ConversationLine& line :
       probe::describe(failure.conversation, failure.answer_shown)) {
    json.push_back(
        {{"from", line.is_sent ? "exporter" : "responder"}, {"record", std::move(line.text)}});
  }
  return json;
}

Json failure_json(const state::TargetIdentity& identity, const state::Failure* failure) {
  if (failure == nullptr) return nullptr;
  Json json{{"time", unix_of(failure->at)}, {"check", identity.checks[failure->check]}};
  json.update(outcome_json(failure->outcome, failure->outcome_class, failure->detail));
  json["transcript"] = transcript_json(*failure);
  return json;
}

}  // namespace

Json target_summary(const state::TargetRecord& target, Now now) {
  state::TargetStatus status;
  target.copy_to(status);
  return summary_of(target.identity(), status, target.history().rounds(), now);
}

Json target_detail(const state::TargetRecord& target, const state::Failure* failure, Now now) {
  const state::TargetIdentity& identity = target.identity();
  state::TargetStatus status;
  target.copy_to(status);
  const state::History history = target.history();
  const std::vector<state::PastRound> rounds = history.rounds();
  Json json = summary_of(identity, status, rounds, now);
  const std::string not_ready = reason_not_ready(identity, status, now.steady);
  json["live"] = status.health.live(now.steady);
  json["ready"] = not_ready.empty();
  json["ready_reason"] = not_ready;
  json["stale_after_seconds"] = seconds_of(identity.stale_after);
  json["checks"] = Json::array();
  for (std::size_t i = 0; i < status.checks.size(); ++i) {
    json["checks"].push_back(check_json(identity.checks[i], status.checks[i]));
  }
  json["history"] = {{"rounds", rounds_json(rounds, now)},
                     {"failures", rounds_json(history.failures(), now)}};
  json["last_failure"] = failure_json(identity, failure);
  return json;
}

Json totals_json(const FleetTotals& totals) {
  return {{"targets", totals.targets},
          {"up", totals.up},
          {"saturated", totals.saturated},
          {"down", totals.down},
          {"unknown", totals.unknown}};
}

}  // namespace web
