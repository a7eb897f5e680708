#include "web/health_answers.h"
#include "web/answers.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace web {
namespace {

using std::chrono::seconds;

const base::TimePoint kStart{seconds(1000)};
constexpr probe::HealthRules kRules{
    .rise = 1, .fall = 1, .stale_after = seconds(30), .start_grace = seconds(0)};

std::shared_ptr<state::TargetRecord> target(const std::string& name,
                                            std::vector<std::string> checks = {"ping"}) {
  state::TargetIdentity identity;
  identity.name = name;
  identity.checks = std::move(checks);
  identity.bounds = state::Bounds::defaults();
  return state::make_record(std::move(identity), kRules, kStart);
}

// One finished round of the first check.
void finish(state::TargetRecord& record, probe::Outcome outcome, std::string detail = {}) {
  const probe::OutcomeInfo& info = probe::info(outcome);
  record.update([&](state::TargetStatus& status) {
    status.health.record({.outcome_class = info.outcome_class, .dead = info.dead},
                         kStart + seconds(1));
    state::CheckStatus& check = status.checks[0];
    check.planned = check.probes = 1;
    check.last_outcome = outcome;
    check.last_class = info.outcome_class;
    check.last_detail = std::make_shared<const std::string>(std::move(detail));
  });
}

Asked ask(Question question, bool verbose = false) {
  return {
      .question = question, .verbose = verbose, .failure_status = 404, .now = kStart + seconds(3)};
}

struct Row {
  probe::Outcome outcome;
  int ping, live, ready;
  const char* health;
};

TEST(AnswerForTarget, TellsBusyFromDead) {
  const Row rows[] = {{probe::Outcome::pass, 200, 200, 200, "up"},
                      {probe::Outcome::refused, 404, 503, 503, "down"},
                      {probe::Outcome::mismatch, 404, 200, 503, "down"},
                      {probe::Outcome::backlog_full, 404, 200, 503, "saturated"}};
  for (const Row& row : rows) {
    SCOPED_TRACE(probe::label(row.outcome));
    const auto record = target("www");
    finish(*record, row.outcome);
    EXPECT_EQ(answer_for_target(*record, ask(Question::ping)).status, row.ping);
    EXPECT_EQ(answer_for_target(*record, ask(Question::live)).status, row.live);
    EXPECT_EQ(answer_for_target(*record, ask(Question::ready)).status, row.ready);
    EXPECT_EQ(header(answer_for_target(*record, ask(Question::ping)), "X-Fastcgi-Health"),
              row.health);
  }
}

TEST(AnswerForTarget, IsEmptyUnlessAskedToExplain) {
  const auto record = target("www");
  finish(*record, probe::Outcome::pass);
  EXPECT_EQ(body(answer_for_target(*record, ask(Question::ping))), "");
}

TEST(AnswerForTarget, BeforeTheFirstRoundIsUnknownAndLive) {
  const auto record = target("www");
  const http::Answer ping = answer_for_target(*record, ask(Question::ping, true));
  EXPECT_EQ(ping.status, 404);
  EXPECT_EQ(header(ping, "X-Fastcgi-Health"), "unknown");
  EXPECT_EQ(answer_for_target(*record, ask(Question::live)).status, 200);
  EXPECT_FALSE(nlohmann::json::parse(body(ping)).contains("age_seconds"));
}

TEST(AnswerForTarget, StaleIsUnknown) {
  const auto record = target("www");
  finish(*record, probe::Outcome::pass);
  Asked asked = ask(Question::ping);
  asked.now = kStart + seconds(60);
  EXPECT_EQ(header(answer_for_target(*record, asked), "X-Fastcgi-Health"), "unknown");
}

TEST(AnswerForTarget, UsesTheConfiguredFailureStatusForPingOnly) {
  const auto record = target("www");
  finish(*record, probe::Outcome::mismatch);
  Asked asked = ask(Question::ping);
  asked.failure_status = 500;
  EXPECT_EQ(answer_for_target(*record, asked).status, 500);
  asked.question = Question::ready;
  EXPECT_EQ(answer_for_target(*record, asked).status, 503);
}

TEST(AnswerForTarget, ExplainsWithOutcomeSentenceAndAge) {
  const auto record = target("www");
  finish(*record, probe::Outcome::refused, "connect to 127.0.0.1:9000: Connection refused");
  const auto json =
      nlohmann::json::parse(body(answer_for_target(*record, ask(Question::ping, true))));
  EXPECT_EQ(json["target"], "www");
  EXPECT_EQ(json["health"], "down");
  EXPECT_EQ(json["outcome"], "refused");
  EXPECT_EQ(json["class"], "fail");
  EXPECT_EQ(json["reason"], "connect");
  EXPECT_EQ(json["sentence"], std::string(probe::info(probe::Outcome::refused).sentence));
  EXPECT_EQ(json["detail"], "connect to 127.0.0.1:9000: Connection refused");
  EXPECT_DOUBLE_EQ(json["age_seconds"].get<double>(), 2);
}

TEST(AnswerForTarget, StaysUnderOneKibibyteWhateverThePeerSaid) {
  const auto record =
      target(std::string(200, 'n'), std::vector<std::string>(60, std::string(60, 'c')));
  finish(*record, probe::Outcome::mismatch, "\xff\x1b[31m\"" + std::string(5000, '"'));
  const std::string text = body(answer_for_target(*record, ask(Question::ping, true)));
  EXPECT_LE(text.size(), 1024u);
  EXPECT_TRUE(nlohmann::json::parse(text)["truncated"].get<bool>());
}

// A pool that is up, with this many others in its accept queue and up to 10 allowed.
std::shared_ptr<state::TargetRecord> pool(const std::string& name, std::uint32_t waiting) {
  state::TargetIdentity identity;
  identity.name = name;
  identity.checks = {"ping"};
  identity.ready.max_listen_queue = 10;
  auto record = state::make_record(std::move(identity), kRules, kStart);
  finish(*record, probe::Outcome::pass);
  record->update([waiting](state::TargetStatus& status) {
    status.listen_queue = probe::ListenQueue{.length = waiting, .limit = 128};
  });
  return record;
}

TEST(AnswerForTarget, IsNotReadyBeyondItsThresholdsAndSaysWhy) {
  const auto record = pool("www", 11);
  EXPECT_EQ(answer_for_target(*record, ask(Question::ping)).status, 200);
  EXPECT_EQ(answer_for_target(*record, ask(Question::live)).status, 200);
  const http::Answer ready = answer_for_target(*record, ask(Question::ready, true));
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(header(ready, "X-Fastcgi-Health"), "up");
  const auto json = nlohmann::json::parse(body(ready));
  EXPECT_NE(json["ready_reason"].get<std::string>().find("11 waiting"), std::string::npos);
  EXPECT_EQ(answer_for_target(*pool("www", 10), ask(Question::ready)).status, 200);
}

TEST(AnswerForTarget, SaysWhyNotReadyOnlyWhenAskedForIt) {
  const auto has_reason = [](const state::TargetRecord& record, Question question) {
    const auto json = nlohmann::json::parse(body(answer_for_target(record, ask(question, true))));
    return json.contains("ready_reason");
  };
  EXPECT_FALSE(has_reason(*pool("www", 11), Question::ping));
  EXPECT_TRUE(has_reason(*pool("www", 11), Question::ready));
  EXPECT_FALSE(has_reason(*pool("www", 0), Question::ready));
  EXPECT_TRUE(has_reason(*target("new"), Question::ready));
}

TEST(AnswerForTarget, StaysUnderOneKibibyteWithAReason) {
  const auto record = target(std::string(200, 'n'), std::vector<std::string>(60, "c"));
  finish(*record, probe::Outcome::mismatch, std::string(5000, '"'));
  const std::string text = body(answer_for_target(*record, ask(Question::ready, true)));
  EXPECT_LE(text.size(), 1024u);
  EXPECT_EQ(nlohmann::json::parse(text)["ready_reason"], "the target is down");
}

TEST(AnswerForUnknownTarget, IsMarked) {
  EXPECT_EQ(answer_for_unknown_target().status, 404);
  EXPECT_EQ(header(answer_for_unknown_target(), "X-Fastcgi-Error"), "unknown-target");
}

TEST(AnswerForFleet, WithoutTargetsIsUnknownAndLive) {
  const FleetSummary fleet = summarize(state::TargetSet({}), kStart);
  EXPECT_EQ(answer_for_fleet(fleet, ask(Question::ping)).status, 404);
  EXPECT_EQ(answer_for_fleet(fleet, ask(Question::live)).status, 200);
  EXPECT_EQ(answer_for_fleet(fleet, ask(Question::ready)).status, 503);
  EXPECT_EQ(header(answer_for_fleet(fleet, ask(Question::ping)), "X-Fastcgi-Health"), "unknown");
}

TEST(AnswerForFleet, IsAsGoodAsItsWorstTargetAndLiveWhileOneLives) {
  const auto good = target("good");
  const auto dead = target("dead");
  const auto busy = target("busy");
  finish(*good, probe::Outcome::pass);
  finish(*busy, probe::Outcome::backlog_full);
  finish(*dead, probe::Outcome::refused);
  const auto health_of = [](std::vector<std::shared_ptr<state::TargetRecord>> records) {
    return summarize(state::TargetSet(std::move(records)), kStart + seconds(3));
  };
  EXPECT_EQ(answer_for_fleet(health_of({good}), ask(Question::ping)).status, 200);
  EXPECT_EQ(
      header(answer_for_fleet(health_of({good, busy}), ask(Question::ping)), "X-Fastcgi-Health"),
      "saturated");
  EXPECT_EQ(header(answer_for_fleet(health_of({good, busy, dead}), ask(Question::ping)),
                   "X-Fastcgi-Health"),
            "down");
  EXPECT_EQ(answer_for_fleet(health_of({good, dead}), ask(Question::live)).status, 200);
  EXPECT_EQ(answer_for_fleet(health_of({dead}), ask(Question::live)).status, 503);

  const auto json = nlohmann::json::parse(
      body(answer_for_fleet(health_of({good, busy, dead}), ask(Question::ping, true))));
  EXPECT_EQ(json["targets"], 3);
  EXPECT_EQ(json["up"], 1);
  EXPECT_EQ(json["worst"], nlohmann::json({"dead", "busy"}));
}

TEST(AnswerForFleet, IsReadyWhenEveryTargetIs) {
  const auto down = target("down");
  finish(*down, probe::Outcome::refused);
  const auto summary_of = [](std::vector<std::shared_ptr<state::TargetRecord>> records) {
    return summarize(state::TargetSet(std::move(records)), kStart + seconds(3));
  };
  const FleetSummary ready = summary_of({pool("a", 0), pool("b", 10)});
  EXPECT_EQ(answer_for_fleet(ready, ask(Question::ready)).status, 200);

  const FleetSummary loaded = summary_of({pool("a", 0), pool("b", 11)});
  EXPECT_EQ(answer_for_fleet(loaded, ask(Question::ping)).status, 200);
  EXPECT_EQ(answer_for_fleet(loaded, ask(Question::ready)).status, 503);

  const FleetSummary mixed = summary_of({pool("a", 0), pool("b", 11), down});
  const auto json_for = [&mixed](Question question) {
    return nlohmann::json::parse(body(answer_for_fleet(mixed, ask(question, true))));
  };
  EXPECT_EQ(json_for(Question::ready)["ready"], 1);
  EXPECT_EQ(json_for(Question::ready)["up"], 2);
  EXPECT_EQ(json_for(Question::ready)["worst"], nlohmann::json({"down", "b"}));
  EXPECT_EQ(json_for(Question::ping)["worst"], nlohmann::json({"down"}));
}

TEST(AnswerForFleet, NamesAtMostFiveAndStaysUnderOneKibibyte) {
  std::vector<std::shared_ptr<state::TargetRecord>> records;
  for (int i = 0; i < 9; ++i) records.push_back(target(std::string(199, 'x') + std::to_string(i)));
  const FleetSummary fleet = summarize(state::TargetSet(std::move(records)), kStart);
  EXPECT_EQ(fleet.worst_names.size(), kWorstNames);
  EXPECT_LE(body(answer_for_fleet(fleet, ask(Question::ping, true))).size(), 1024u);

  records.clear();
  for (int i = 0; i < 9; ++i)
    records.push_back(pool(std::string(199, 'y') + std::to_string(i), 11));
  const FleetSummary loaded = summarize(state::TargetSet(std::move(records)), kStart + seconds(3));
  EXPECT_EQ(loaded.loaded_names.size(), kWorstNames);
  EXPECT_LE(body(answer_for_fleet(loaded, ask(Question::ready, true))).size(), 1024u);
}

}  // namespace
}  // namespace web
