#include "metrics/target_metrics.h"

#include <gmock/gmock.h>
#include <prometheus/text_serializer.h>

#include <set>

#include "metrics/page_text.h"
#include "metrics/sample_fleet.h"

namespace metrics {
namespace {

using exposition::Format;
using Labels = std::map<std::string, std::string>;

PageText target_page_of(const state::TargetSet& targets, Detail detail = Detail::full) {
  const FleetView fleet(targets, kNow);
  return parse_page(written(Format::text_0_0_4, [&](exposition::Writer& writer) {
    write_target_metrics(fleet.targets(), detail, writer);
  }));
}

std::vector<double> of(const PageText& page, const std::string& family, const char* target) {
  return values(page, family, {{"target", target}});
}

std::shared_ptr<state::TargetRecord> fresh_record() {
  state::TargetIdentity identity;
  identity.name = "t";
  identity.checks = {"ping"};
  return state::make_record(std::move(identity), {.rise = 1, .fall = 1}, kNow);
}

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(TargetMetrics, CountersAndHistogramsStandAtZeroBeforeTheFirstProbe) {
  const PageText page = target_page_of(state::TargetSet({fresh_record()}));
  const std::map<std::string, std::size_t> wanted = {
      {"fastcgi_probes_total", 1},
      {"fastcgi_probe_failures_total", 8},
      {"fastcgi_mismatches_total", 1},
      {"fastcgi_probes_skipped_total", 4},
      {"fastcgi_probe_retries_total", 1},
      {"fastcgi_probes_abandoned_total", 1},
      {"fastcgi_late_answers_total", 1},
      {"fastcgi_response_stderr_bytes_total", 1},
      {"fastcgi_last_probe_phase_seconds", 5},
      {"fastcgi_last_probe_timestamp_seconds", 1},
      {"fastcgi_last_success_timestamp_seconds", 1},
      {"fastcgi_probe_duration_seconds", state::Bounds::defaults()->seconds().size() + 3}};
  for (const auto& [family, count] : wanted) {
    EXPECT_THAT(of(page, family, "t"), testing::AllOf(SizeIs(count), Each(0))) << family;
  }
  EXPECT_THAT(of(page, "fastcgi_target_info", "t"), ElementsAre(1));
}

TEST(TargetMetrics, WhatIsNotYetKnownIsAbsent) {
  const PageText page = target_page_of(state::TargetSet({fresh_record()}));
  for (const char* family : {"fastcgi_up", "fastcgi_probe_outcome",
                             "fastcgi_listen_queue_connections", "fastcgi_listen_queue_limit"}) {
    EXPECT_FALSE(page.contains(family)) << family;
  }
  EXPECT_THAT(values(page, "fastcgi_health", {{"state", "unknown"}}), ElementsAre(1));
}

TEST(TargetMetrics, WhetherTheKernelsQueueCanBeReadIsAlwaysSaid) {
  const PageText page = target_page_of(sample_fleet());
  EXPECT_THAT(of(page, "fastcgi_listen_queue_readable", "up-1"), ElementsAre(1));
  EXPECT_THAT(of(page, "fastcgi_listen_queue_readable", "down-1"), ElementsAre(0));
  EXPECT_THAT(of(page, "fastcgi_listen_queue_readable", "new-1"), ElementsAre(0));
}

TEST(TargetMetrics, UpIsTheLastRoundWithBusyAndStaleAsZero) {
  const PageText page = target_page_of(sample_fleet());
  EXPECT_THAT(of(page, "fastcgi_up", "up-1"), ElementsAre(1));
  EXPECT_THAT(of(page, "fastcgi_up", "down-1"), ElementsAre(0));
  EXPECT_THAT(of(page, "fastcgi_up", "saturated-1"), ElementsAre(0));
  EXPECT_THAT(of(page, "fastcgi_up", "stale-1"), ElementsAre(0));
  EXPECT_THAT(of(page, "fastcgi_up", "new-1"), IsEmpty());
}

TEST(TargetMetrics, HealthIsOneForTheStateAndZeroForTheOthers) {
  const PageText page = target_page_of(sample_fleet());
  for (const auto& [target, state] : Labels{{"up-1", "up"},
                                            {"down-1", "down"},
                                            {"saturated-1", "saturated"},
                                            {"stale-1", "unknown"},
                                            {"new-1", "unknown"}}) {
    EXPECT_THAT(of(page, "fastcgi_health", target.c_str()),
                testing::UnorderedElementsAre(1, 0, 0, 0));
    EXPECT_THAT(values(page, "fastcgi_health", {{"target", target}, {"state", state}}),
                ElementsAre(1));
  }
}

TEST(TargetMetrics, MismatchesAreTheFailuresByStatusAndByBody) {
  const PageText page = target_page_of(sample_fleet());
  EXPECT_THAT(of(page, "fastcgi_mismatches_total", "down-1"), ElementsAre(5));
  EXPECT_THAT(
      values(page, "fastcgi_probe_failures_total", {{"target", "down-1"}, {"reason", "status"}}),
      ElementsAre(2));
  EXPECT_THAT(
      values(page, "fastcgi_probe_failures_total", {{"target", "down-1"}, {"reason", "mismatch"}}),
      ElementsAre(3));
}

TEST(TargetMetrics, EveryReasonAndPhaseHasItsOwnNumber) {
  const auto record = fresh_record();
  record->update([](state::TargetStatus& status) {
    state::CheckStatus& check = status.checks[0];
    for (std::size_t i = 0; i < probe::kReasonCount; ++i) check.failures[i] = 10 + i;
    for (std::size_t i = 0; i < state::kSkipCount; ++i) check.skipped[i] = 20 + i;
    for (std::size_t i = 0; i < probe::kPhaseCount; ++i)
      check.last_phases[i] = std::chrono::seconds(30 + i);
  });
  const PageText page = target_page_of(state::TargetSet({record}));
  const auto expect = [&](const std::string& family, const char* label,
                          std::vector<std::string> names, double first) {
    for (const std::string& name : names) {
      EXPECT_THAT(values(page, family, {{label, name}}), ElementsAre(first++)) << name;
    }
  };
  expect(
      "fastcgi_probe_failures_total", "reason",
      {"resolve", "connect", "timeout", "closed", "protocol", "overloaded", "status", "mismatch"},
      10);
  expect("fastcgi_probes_skipped_total", "reason", {"outstanding", "backoff", "limit", "missed"},
         20);
  expect("fastcgi_last_probe_phase_seconds", "phase",
         {"resolve", "connect", "send", "wait", "receive"}, 30);
}

TEST(TargetMetrics, EveryCounterShowsItsOwnNumber) {
  const auto record = fresh_record();
  record->update([](state::TargetStatus& status) {
    state::CheckStatus& check = status.checks[0];
    check.probes = 1;
    check.retries = 2;
    check.abandoned = 3;
    check.late_answers = 4;
    check.stderr_bytes = 5;
    status.last_probe = base::WallTime(std::chrono::seconds(6));
    status.last_success = base::WallTime(std::chrono::milliseconds(5500));
    status.listen_queue = probe::ListenQueue{.length = 7, .limit = 8};
  });
  const PageText page = target_page_of(state::TargetSet({record}));
  EXPECT_THAT(of(page, "fastcgi_probes_total", "t"), ElementsAre(1));
  EXPECT_THAT(of(page, "fastcgi_probe_retries_total", "t"), ElementsAre(2));
  EXPECT_THAT(of(page, "fastcgi_probes_abandoned_total", "t"), ElementsAre(3));
  EXPECT_THAT(of(page, "fastcgi_late_answers_total", "t"), ElementsAre(4));
  EXPECT_THAT(of(page, "fastcgi_response_stderr_bytes_total", "t"), ElementsAre(5));
  EXPECT_THAT(of(page, "fastcgi_last_probe_timestamp_seconds", "t"), ElementsAre(6));
  EXPECT_THAT(of(page, "fastcgi_last_success_timestamp_seconds", "t"), ElementsAre(5.5));
  EXPECT_THAT(of(page, "fastcgi_listen_queue_connections", "t"), ElementsAre(7));
  EXPECT_THAT(of(page, "fastcgi_listen_queue_limit", "t"), ElementsAre(8));
}

TEST(TargetMetrics, TheOutcomeIsOneSeriesPerCheckForEveryOutcome) {
  const auto record = fresh_record();
  for (const probe::OutcomeInfo& info : probe::outcomes()) {
    record->update(
        [&](state::TargetStatus& status) { status.checks[0].last_outcome = info.outcome; });
    const PageText page = target_page_of(state::TargetSet({record}));
    EXPECT_THAT(of(page, "fastcgi_probe_outcome", "t"), ElementsAre(1));
    EXPECT_THAT(values(page, "fastcgi_probe_outcome", {{"outcome", std::string(info.label)}}),
                ElementsAre(1));
  }
}

TEST(TargetMetrics, StaticLabelsStandOnEverySeriesOfTheirTarget) {
  for (const auto& [name, family] : target_page_of(sample_fleet())) {
    for (const PageSample& sample : family.samples) {
      if (sample.labels.at("target") != "up-1") continue;
      EXPECT_EQ(sample.labels.at("app"), "say \"shop\"") << name;
      EXPECT_EQ(sample.labels.at("path"), "C:\\run\nnext \u00fc") << name;
    }
  }
}

TEST(TargetMetrics, InfoSaysWhatTheTargetIs) {
  const PageText page = target_page_of(sample_fleet());
  EXPECT_THAT(values(page, "fastcgi_target_info",
                     {{"target", "down-1"},
                      {"address", "tcp://10.0.0.7:9000"},
                      {"transport", "tcp"},
                      {"module", "php_fpm"},
                      {"source", "config"}}),
              ElementsAre(1));
  EXPECT_THAT(
      values(page, "fastcgi_target_info",
             {{"target", "up-1"}, {"address", "unix:/run/php/www.sock"}, {"transport", "unix"}}),
      ElementsAre(1));
}

TEST(TargetMetrics, ChecksKeepTheirOwnBuckets) {
  const PageText page = target_page_of(sample_fleet());
  const auto count_at = [&](const char* check, const char* le) {
    return values(page, "fastcgi_probe_duration_seconds",
                  {{"target", "up-1"}, {"check", check}, {"le", le}});
  };
  EXPECT_THAT(count_at("ping", "0.005000"), ElementsAre(1));
  EXPECT_THAT(count_at("deep", "0.005000"), ElementsAre(0));
  EXPECT_THAT(count_at("ping", "inf"), ElementsAre(3));
}

TEST(TargetMetrics, CompactLeavesOutPhasesReasonsHistogramsAndDetailsOfPools) {
  const PageText full = target_page_of(sample_fleet());
  const PageText compact = target_page_of(sample_fleet(), Detail::compact);
  std::set<std::string> missing;
  for (const auto& [name, family] : full) {
    if (!compact.contains(name)) missing.insert(name);
  }
  EXPECT_THAT(
      missing,
      ElementsAre("fastcgi_last_probe_phase_seconds", "fastcgi_probe_duration_seconds",
                  "fastcgi_probe_failures_total", "fastcgi_probes_skipped_total",
                  "phpfpm_active_processes_peak", "phpfpm_info",
                  "phpfpm_listen_queue_peak_connections", "phpfpm_memory_peak_bytes",
                  "phpfpm_process_in_state", "phpfpm_process_last_request_cpu_ratio",
                  "phpfpm_process_last_request_memory_bytes",
                  "phpfpm_process_request_duration_seconds", "phpfpm_process_requests_total",
                  "phpfpm_processes_by_state", "phpfpm_start_time_seconds"));
  for (const auto& [name, family] : compact) EXPECT_EQ(family, full.at(name)) << name;
}

TEST(TargetMetrics, APingOnlyTargetIsFiftyOneSeriesAndSixteenInCompact) {
  const auto count = [](Detail detail) {
    std::size_t series = 0;
    for (const auto& [name, family] : target_page_of(large_fleet(1), detail))
      series += family.samples.size();
    return series;
  };
  EXPECT_EQ(count(Detail::full), 51u);
  EXPECT_EQ(count(Detail::compact), 16u);
}

TEST(TargetMetrics, AnEmptyFleetIsAnEmptyPage) {
  EXPECT_TRUE(target_page_of(state::TargetSet({})).empty());
}

// Two independent ways to the same text: our rows and writer, and prometheus-cpp's own serializer
// of what they mean.
TEST(TargetMetrics, TheStockSerializerOfThePageReadBackSaysTheSame) {
  const PageText page = target_page_of(sample_fleet());
  const std::string stock = prometheus::TextSerializer().Serialize(as_families(page));
  EXPECT_EQ(sorted(parse_page(stock)), sorted(page));
}

}  // namespace
}  // namespace metrics
