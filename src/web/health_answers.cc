#include "web/health_answers.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/chunks.h"
#include "base/text.h"
#include "probe/outcome.h"
#include "web/age.h"
#include "web/readiness.h"

namespace web {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxDetailBytes = 300;

std::string dump(const Json& json) {
  // Text from a peer may hold broken UTF-8; it must not turn an answer into an exception.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// Halves the detail, escaped quotes and all, until nothing is left of it.
void shorten_detail(Json& json) {
  const std::string detail = json["detail"];
  if (detail.size() < 2) {
    json.erase("detail");
  } else {
    json["detail"] = base::clean_text(detail, detail.size() / 2);
  }
}

// Removes from the end of `list`, then from the detail, until the whole fits: a probe must never be
// answered with an endless page.
std::string dump_bounded(Json& json, const char* list) {
  std::string text = dump(json);
  while (text.size() > kMaxHealthAnswerBytes && (!json[list].empty() || json.contains("detail"))) {
    if (json[list].empty()) {
      shorten_detail(json);
    } else {
      json[list].erase(json[list].size() - 1);
    }
    json["truncated"] = true;
    text = dump(json);
  }
  return text;
}

struct Findings {
  bool up = false;
  bool live = false;
  bool ready = false;
};

int status_for(const Asked& asked, const Findings& found) {
  switch (asked.question) {
    case Question::ping:
      return found.up ? 200 : asked.failure_status;
    case Question::live:
      return found.live ? 200 : 503;
    case Question::ready:
      return found.ready ? 200 : 503;
  }
  std::abort();
}

http::Answer make_answer(int status, probe::Health health, std::string json) {
  http::Answer answer;
  answer.status = status;
  answer.headers.reserve(2);
  answer.headers.emplace_back("X-Fastcgi-Health", probe::label(health));
  answer.headers.emplace_back("Cache-Control", "no-store");
  if (!json.empty()) {
    answer.content_type = "application/json";
    answer.body = base::one_chunk(std::move(json));
  }
  return answer;
}

Json describe_check(const std::string& name, const state::CheckStatus& check) {
  std::uint64_t skipped = 0;
  for (const std::uint64_t n : check.skipped) skipped += n;
  Json json{
      {"check", name}, {"planned", check.planned}, {"probes", check.probes}, {"skipped", skipped}};
  if (check.last_outcome) json["outcome"] = probe::label(*check.last_outcome);
  return json;
}

void describe_verdict(Json& json, const state::CheckStatus& check) {
  if (!check.last_outcome) {
    json["sentence"] = "Not probed yet.";
    return;
  }
  const probe::OutcomeInfo& outcome = probe::info(*check.last_outcome);
  json["outcome"] = outcome.label;
  json["class"] = probe::label(check.last_class);
  if (*check.last_outcome != probe::Outcome::pass) json["reason"] = probe::label(outcome.reason);
  json["sentence"] = outcome.sentence;
  if (check.last_detail && !check.last_detail->empty()) {
    json["detail"] = base::clean_text(*check.last_detail, kMaxDetailBytes);
  }
}

std::string describe_target(const state::TargetIdentity& identity,
                            const state::TargetStatus& status, probe::Health health,
                            const std::string& not_ready, const Asked& asked) {
  Json json{{"target", identity.name}, {"health", probe::label(health)}};
  if (asked.question == Question::ready && !not_ready.empty()) json["ready_reason"] = not_ready;
  if (!status.checks.empty()) describe_verdict(json, status.checks[status.deciding_check]);
  if (const auto last = status.health.last_round())
    json["age_seconds"] = base::seconds(age(*last, asked.now));
  json["checks"] = Json::array();
  for (std::size_t i = 0; i < status.checks.size(); ++i) {
    json["checks"].push_back(describe_check(identity.checks[i], status.checks[i]));
  }
  return dump_bounded(json, "checks");
}

void count_in_summary(FleetSummary& fleet, probe::Health health) {
  switch (health) {
    case probe::Health::up:
      ++fleet.up;
      return;
    case probe::Health::saturated:
      ++fleet.saturated;
      return;
    case probe::Health::down:
      ++fleet.down;
      return;
    case probe::Health::unknown:
      ++fleet.unknown;
      return;
  }
}

}  // namespace

http::Answer answer_for_target(const state::TargetRecord& target, const Asked& asked) {
  state::TargetStatus status;
  target.copy_to(status);
  const probe::Health health = status.health.health(asked.now);
  const std::string not_ready = reason_not_ready(target.identity(), status, asked.now);
  const int code = status_for(asked, {.up = health == probe::Health::up,
                                      .live = status.health.live(asked.now),
                                      .ready = not_ready.empty()});
  return make_answer(code, health,
                     asked.verbose
                         ? describe_target(target.identity(), status, health, not_ready, asked)
                         : std::string());
}

http::Answer answer_for_unknown_target() {
  http::Answer answer =
      http::text_answer(404, "There is no target of that name; /config lists them all.\n");
  answer.headers = {{"X-Fastcgi-Error", "unknown-target"}, {"Cache-Control", "no-store"}};
  return answer;
}

FleetSummary summarize(const state::TargetSet& targets, base::TimePoint now) {
  FleetSummary fleet;
  fleet.targets = targets.records().size();
  std::vector<std::pair<probe::Health, const std::string*>> ailing;
  state::TargetStatus status;
  for (const auto& record : targets.records()) {
    record->copy_to(status);
    const state::TargetIdentity& identity = record->identity();
    const probe::Health health = status.health.health(now);
    const bool ready = reason_not_ready(identity, status, now).empty();
    count_in_summary(fleet, health);
    fleet.live += status.health.live(now);
    fleet.ready += ready;
    if (health != probe::Health::up) {
      ailing.emplace_back(health, &identity.name);
    } else if (!ready && fleet.loaded_names.size() < kWorstNames) {
      fleet.loaded_names.push_back(identity.name);
    }
  }
  std::stable_sort(ailing.begin(), ailing.end(),
                   [](const auto& a, const auto& b) { return probe::worse(a.first, b.first); });
  if (fleet.targets != 0) fleet.worst = ailing.empty() ? probe::Health::up : ailing.front().first;
  for (std::size_t i = 0; i < std::min(ailing.size(), kWorstNames); ++i) {
    fleet.worst_names.push_back(*ailing[i].second);
  }
  return fleet;
}

http::Answer answer_for_fleet(const FleetSummary& fleet, const Asked& asked) {
  const int code = status_for(asked, {.up = fleet.worst == probe::Health::up,
                                      .live = fleet.targets == 0 || fleet.live > 0,
                                      .ready = fleet.targets > 0 && fleet.ready == fleet.targets});
  if (!asked.verbose) return make_answer(code, fleet.worst, {});
  Json json{{"health", probe::label(fleet.worst)},
            {"targets", fleet.targets},
            {"up", fleet.up},
            {"saturated", fleet.saturated},
            {"down", fleet.down},
            {"unknown", fleet.unknown},
            {"ready", fleet.ready},
            {"worst", fleet.worst_names}};
  if (asked.question == Question::ready) {
    for (const std::string& name : fleet.loaded_names) {
      if (json["worst"].size() < kWorstNames) json["worst"].push_back(name);
    }
  }
  return make_answer(code, fleet.worst, dump_bounded(json, "worst"));
}

}  // namespace web
