#include "metrics/pool_metrics.h"

#include <gmock/gmock.h>

#include <limits>

#include "metrics/page_text.h"
#include "metrics/sample_fleet.h"

namespace metrics {
namespace {

using Labels = std::map<std::string, std::string>;
using phpfpm::StatusPage;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
constexpr seconds kStaleAfter{30};

std::shared_ptr<state::TargetRecord> pool_record(const char* address = "tcp://10.0.0.7:9000") {
  state::TargetIdentity identity;
  identity.name = "t";
  identity.address = *base::parse_address(address);
  identity.labels = {{"app", "shop"}};
  identity.checks = {"status"};
  identity.max_children = 20;
  identity.stale_after = kStaleAfter;
  return state::make_record(std::move(identity), {.rise = 1, .fall = 1}, kNow - seconds(600));
}

std::string text_of(const std::shared_ptr<state::TargetRecord>& record,
                    Detail detail = Detail::full) {
  const state::TargetSet targets({record});
  const FleetView fleet(targets, kNow);
  return written(exposition::Format::text_0_0_4, [&](exposition::Writer& writer) {
    write_target_metrics(fleet.targets(), detail, writer);
  });
}

// Only the families of the pool.
PageText pool_of(const std::shared_ptr<state::TargetRecord>& record, Detail detail = Detail::full) {
  PageText page = parse_page(text_of(record, detail));
  std::erase_if(page, [](const auto& family) { return !family.first.starts_with("phpfpm_"); });
  return page;
}

PageText pool_of(StatusPage page, base::Duration ago = seconds(1)) {
  const auto record = pool_record();
  note_page(*record, std::move(page), ago);
  return pool_of(record);
}

struct Figure {
  const char* family;
  Labels labels;
  double value;
};

// Of sample_status_page(), where no two numbers are the same.
const Figure kGauges[] = {
    {"phpfpm_info", {{"process_manager", "dynamic"}}, 1},
    {"phpfpm_start_time_seconds", {}, 1'759'990'001},
    {"phpfpm_max_children", {}, 20},
    {"phpfpm_processes", {{"state", "idle"}}, 2},
    {"phpfpm_processes", {{"state", "active"}}, 3},
    {"phpfpm_active_processes_peak", {}, 7},
    {"phpfpm_listen_queue_connections", {}, 4},
    {"phpfpm_listen_queue_peak_connections", {}, 6},
    {"phpfpm_listen_queue_limit", {}, 128},
    {"phpfpm_memory_peak_bytes", {}, 2'097'152},
    {"phpfpm_processes_by_state", {{"state", "idle"}}, 10},
    {"phpfpm_processes_by_state", {{"state", "running"}}, 11},
    {"phpfpm_processes_by_state", {{"state", "finishing"}}, 12},
    {"phpfpm_processes_by_state", {{"state", "reading_headers"}}, 13},
    {"phpfpm_processes_by_state", {{"state", "getting_request_information"}}, 14},
    {"phpfpm_processes_by_state", {{"state", "ending"}}, 15},
    {"phpfpm_processes_by_state", {{"state", "creating"}}, 16},
    {"phpfpm_processes_by_state", {{"state", "other"}}, 17},
    {"phpfpm_longest_running_request_seconds", {}, 1.5},
    {"phpfpm_process_request_duration_seconds", {{"child", "0"}}, 0.00125},
    {"phpfpm_process_request_duration_seconds", {{"child", "1"}}, 2.5},
    {"phpfpm_process_last_request_cpu_ratio", {{"child", "0"}}, 0.255},
    {"phpfpm_process_last_request_cpu_ratio", {{"child", "1"}}, 0},
    {"phpfpm_process_last_request_memory_bytes", {{"child", "0"}}, 1'048'576},
    {"phpfpm_process_last_request_memory_bytes", {{"child", "1"}}, 0},
    {"phpfpm_process_in_state", {{"child", "0"}, {"state", "idle"}}, 1},
    {"phpfpm_process_in_state", {{"child", "1"}, {"state", "running"}}, 1},
};
const Figure kCounters[] = {
    {"phpfpm_accepted_connections_total", {}, 9'007'199'254'740'993.0},
    {"phpfpm_slow_requests_total", {}, 9},
    {"phpfpm_max_children_reached_total", {}, 8},
    {"phpfpm_status_parse_warnings_total", {}, 15},
    {"phpfpm_process_requests_total", {{"child", "0"}}, 100},
    {"phpfpm_process_requests_total", {{"child", "1"}}, 200},
};

std::shared_ptr<state::TargetRecord> record_with_page(base::Duration ago) {
  const auto record = pool_record();
  note_page(*record, sample_status_page(), ago);
  record->update([](state::TargetStatus& status) { status.pool.parse_warnings = 15; });
  return record;
}

void expect(const PageText& page, const Figure& figure) {
  Labels labels = figure.labels;
  labels.insert({{"target", "t"}, {"app", "shop"}, {"pool", "www"}});
  EXPECT_THAT(values(page, figure.family, labels), ElementsAre(figure.value)) << figure.family;
}

TEST(Pool, ShowsEachFigureOfTheStatusPageOnce) {
  const PageText page = pool_of(record_with_page(seconds(1)));
  std::size_t series = 0;
  for (const auto& [name, family] : page) series += family.samples.size();
  EXPECT_EQ(series, std::size(kGauges) + std::size(kCounters));
  for (const Figure& figure : kGauges) {
    expect(page, figure);
    EXPECT_EQ(page.at(figure.family).type, "gauge") << figure.family;
  }
  for (const Figure& figure : kCounters) {
    expect(page, figure);
    EXPECT_EQ(page.at(figure.family).type, "counter") << figure.family;
  }
}

TEST(Pool, EveryRowIsTried) {
  std::set<std::string> tried;
  for (const Figure& figure : kGauges) tried.insert(figure.family);
  for (const Figure& figure : kCounters) tried.insert(figure.family);
  for (const Row& row : pool_rows()) EXPECT_TRUE(tried.contains(std::string(row.name))) << row.name;
  EXPECT_EQ(tried.size(), pool_rows().size());
}

TEST(Pool, GaugesGoAwayWhenStaleAndCountersStay) {
  const PageText last = pool_of(record_with_page(kStaleAfter));
  const PageText stale = pool_of(record_with_page(kStaleAfter + nanoseconds(1)));
  for (const Figure& figure : kGauges) {
    expect(last, figure);
    EXPECT_FALSE(stale.contains(figure.family)) << figure.family;
  }
  for (const Figure& figure : kCounters) expect(stale, figure);
}

TEST(Pool, HasNoSeriesBeforeItsFirstPage) {
  EXPECT_THAT(pool_of(pool_record()), IsEmpty());
}

TEST(Pool, HasNoSeriesForWhatThePageDoesNotSay) {
  StatusPage page;
  page.process_manager = "static";
  page.active_processes = 0;
  std::set<std::string> shown;
  for (const auto& [name, family] : pool_of(std::move(page))) shown.insert(name);
  EXPECT_THAT(shown, ElementsAre("phpfpm_info", "phpfpm_max_children", "phpfpm_processes",
                                 "phpfpm_status_parse_warnings_total"));
}

TEST(Pool, HasNoMaxChildrenWhereTheConfigurationDoesNotSay) {
  state::TargetIdentity identity;
  identity.name = "t";
  const auto record = state::make_record(std::move(identity), {}, kNow);
  note_page(*record, sample_status_page(), seconds(1));
  EXPECT_FALSE(pool_of(record).contains("phpfpm_max_children"));
}

TEST(Pool, CountersAreExactToTheLastUnit) {
  StatusPage page = sample_status_page();
  page.accepted_connections = kMost;
  page.slow_requests = kMost - 1;
  page.max_children_reached = 9'007'199'254'740'993;
  page.start_time = kMost;
  page.processes.front().requests = kMost;
  page.processes.front().request_duration_us = kMost;
  const auto record = pool_record();
  note_page(*record, std::move(page), seconds(1));
  const std::string text = text_of(record);
  EXPECT_THAT(text, HasSubstr("phpfpm_accepted_connections_total{target=\"t\",app=\"shop\","
                              "pool=\"www\"} 18446744073709551615\n"));
  EXPECT_THAT(text, HasSubstr("pool=\"www\"} 18446744073709551614\n"));
  EXPECT_THAT(text, HasSubstr("pool=\"www\"} 9007199254740993\n"));
  EXPECT_THAT(text, HasSubstr("pool=\"www\",child=\"0\"} 18446744073709551615\n"));
}

TEST(Pool, KeepsTheNameItLearnedFirst) {
  const auto record = pool_record();
  note_page(*record, sample_status_page(), seconds(2));
  StatusPage renamed = sample_status_page();
  renamed.pool = "another";
  record->update([&](state::TargetStatus& status) {
    status.pool.page = std::make_shared<const StatusPage>(renamed);
  });
  for (const auto& [name, family] : pool_of(record)) {
    for (const PageSample& sample : family.samples) EXPECT_EQ(sample.labels.at("pool"), "www");
  }
}

struct QueueCase {
  const char* name;
  const char* address;
  StatusPage page;
  std::optional<probe::ListenQueue> kernel;
  std::vector<double> length, peak, limit;
};

TEST(Pool, TheKernelSpeaksWhereAUnixPoolSaysZeroOfZero) {
  constexpr const char* kPath = "unix:/run/php/www.sock";
  constexpr const char* kPort = "tcp://127.0.0.1:9000";
  const probe::ListenQueue kernel{.length = 5, .limit = 511};
  const QueueCase cases[] = {
      {"unix", kPath, page_without_queue(), kernel, {5}, {}, {511}},
      {"unix that nobody can read", kPath, page_without_queue(), {}, {}, {}, {}},
      {"unix of a PHP that knows", kPath, sample_status_page(), kernel, {4}, {6}, {128}},
      {"tcp", kPort, sample_status_page(), kernel, {4}, {6}, {128}},
      {"tcp without backlog", kPort, page_without_queue(), kernel, {0}, {0}, {0}},
  };
  for (const QueueCase& one : cases) {
    SCOPED_TRACE(one.name);
    const auto record = pool_record(one.address);
    note_page(*record, one.page, seconds(1));
    record->update([&](state::TargetStatus& status) { status.listen_queue = one.kernel; });
    const PageText page = pool_of(record);
    EXPECT_EQ(values(page, "phpfpm_listen_queue_connections", {}), one.length);
    EXPECT_EQ(values(page, "phpfpm_listen_queue_peak_connections", {}), one.peak);
    EXPECT_EQ(values(page, "phpfpm_listen_queue_limit", {}), one.limit);
  }
}

TEST(Pool, CompactKeepsWhatTellsTheLoadAndTheCounters) {
  std::set<std::string> shown;
  for (const auto& [name, family] : pool_of(record_with_page(seconds(1)), Detail::compact)) {
    shown.insert(name);
  }
  EXPECT_THAT(
      shown,
      ElementsAre("phpfpm_accepted_connections_total", "phpfpm_listen_queue_connections",
                  "phpfpm_listen_queue_limit", "phpfpm_longest_running_request_seconds",
                  "phpfpm_max_children", "phpfpm_max_children_reached_total", "phpfpm_processes",
                  "phpfpm_slow_requests_total", "phpfpm_status_parse_warnings_total"));
}

}  // namespace
}  // namespace metrics
