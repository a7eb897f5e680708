#include "metrics/hipages_metrics.h"

#include <gmock/gmock.h>

#include "metrics/golden_file.h"
#include "metrics/page_text.h"
#include "metrics/sample_fleet.h"

namespace metrics {
namespace {

using phpfpm::ProcessState;
using phpfpm::StatusPage;
using probe::OutcomeClass;
using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using Record = std::shared_ptr<state::TargetRecord>;

constexpr const char* kTcp = "tcp://10.0.0.7:9000";
constexpr const char* kUnix = "unix:/run/php/www.sock";

Record hipages_record_of(const std::string& name, const std::string& address,
                         std::string scrape_uri) {
  state::TargetIdentity identity;
  identity.name = name;
  identity.address = *base::parse_address(address);
  identity.labels = {{"app", "shop"}};
  identity.checks = {"status"};
  identity.scrape_uri = std::move(scrape_uri);
  return state::make_record(std::move(identity), {.rise = 1, .fall = 1}, kNow - hours(1));
}

void note_round(const Record& record, OutcomeClass outcome_class) {
  record->update([&](state::TargetStatus& status) {
    status.health.record({.outcome_class = outcome_class}, kNow - seconds(1));
  });
}

Record pool_in(OutcomeClass last_round, const char* address = kTcp) {
  const Record record = hipages_record_of("pool", address, std::string(address) + "/status");
  note_round(record, last_round);
  return record;
}

std::string hipages_text_of(const std::vector<Record>& records, Compat compat = Compat::hipages) {
  const state::TargetSet targets(records);
  const FleetView fleet(targets, kNow);
  return written(exposition::Format::text_0_0_4, [&](exposition::Writer& writer) {
    write_hipages_metrics(fleet.targets(), compat, writer);
  });
}

PageText hipages_page_of(const Record& record, Compat compat = Compat::hipages) {
  return parse_page(hipages_text_of({record}, compat));
}

void set_kernel_queue(const Record& record, probe::ListenQueue queue) {
  record->update([&](state::TargetStatus& status) { status.listen_queue = queue; });
}

// As the original answers for an idle pool over tcp, a saturated one over a unix socket, and one
// that was never reached.
TEST(HipagesMetrics, AreAsTheGoldenFileSays) {
  const Record up = hipages_record_of("a", kTcp, "tcp://10.0.0.7:9000/status");
  note_page(*up, sample_status_page(), seconds(2));
  const Record saturated = hipages_record_of("b", kUnix, "unix:///run/php/www.sock;/status");
  StatusPage page = page_without_queue();
  page.pool = "shop";
  page.accepted_connections = 4711;
  note_page(*saturated, std::move(page), hours(2));
  set_kernel_queue(saturated, {.length = 9, .limit = 8});
  const Record down = hipages_record_of("c", "tcp://10.0.0.9:9000", "tcp://10.0.0.9:9000/status");
  const auto finish = [](const Record& record, OutcomeClass outcome_class) {
    record->update([&](state::TargetStatus& status) {
      status.health.record({.outcome_class = outcome_class}, kNow - seconds(1));
      if (outcome_class != OutcomeClass::pass) status.checks[0].failures = {1, 2, 0, 0, 0, 0, 0, 4};
    });
  };
  finish(up, OutcomeClass::pass);
  finish(saturated, OutcomeClass::busy);
  finish(down, OutcomeClass::fail);
  expect_golden("hipages.prom", hipages_text_of({up, saturated, down}));
}

TEST(HipagesMetrics, BusyIsUp) {
  EXPECT_EQ(value(hipages_page_of(pool_in(OutcomeClass::pass)), "phpfpm_up"), 1);
  EXPECT_EQ(value(hipages_page_of(pool_in(OutcomeClass::busy)), "phpfpm_up"), 1);
  EXPECT_EQ(value(hipages_page_of(pool_in(OutcomeClass::fail)), "phpfpm_up"), 0);
}

TEST(HipagesMetrics, BeforeTheFirstRoundAPoolIsNotShown) {
  EXPECT_EQ(hipages_text_of({hipages_record_of("new", kTcp, "")}), "");
}

TEST(HipagesMetrics, ADownPoolKeepsItsNameAndShowsOnlyUpAndFailures) {
  const Record record = pool_in(OutcomeClass::fail);
  note_page(*record, sample_status_page(), seconds(1));
  const PageText page = hipages_page_of(record);
  EXPECT_EQ(page.size(), 2u);
  for (const char* family : {"phpfpm_up", "phpfpm_scrape_failures"}) {
    EXPECT_THAT(page.at(family).samples.front().labels,
                ElementsAre(testing::Pair("pool", "www"),
                            testing::Pair("scrape_uri", "tcp://10.0.0.7:9000/status")));
  }
}

TEST(HipagesMetrics, ATargetThatWasGivenNoScrapeUriShowsItsAddress) {
  const Record record = hipages_record_of("configured", kUnix, "");
  note_round(record, OutcomeClass::pass);
  const PageText page = hipages_page_of(record);
  EXPECT_EQ(page.at("phpfpm_up").samples.front().labels.at("scrape_uri"), kUnix);
}

TEST(HipagesMetrics, ASaturatedPoolIsActiveAsAWholeHoweverOldItsPage) {
  const Record record = pool_in(OutcomeClass::busy);
  StatusPage last = sample_status_page();
  last.processes.push_back({.state = ProcessState::reading_headers});
  note_page(*record, std::move(last), hours(3));
  set_kernel_queue(record, {.length = 9, .limit = 8});
  const PageText page = hipages_page_of(record);
  EXPECT_EQ(value(page, "phpfpm_active_processes"), 5);
  EXPECT_EQ(value(page, "phpfpm_idle_processes"), 0);
  EXPECT_EQ(value(page, "phpfpm_total_processes"), 5);
  EXPECT_EQ(value(page, "phpfpm_listen_queue"), 9);
  EXPECT_EQ(value(page, "phpfpm_listen_queue_length"), 8);
  EXPECT_EQ(value(page, "phpfpm_accepted_connections"), 9'007'199'254'740'993.0);
  EXPECT_THAT(values(page, "phpfpm_process_state", {{"state", "Idle"}}), ElementsAre(0, 0, 0));
  EXPECT_THAT(values(page, "phpfpm_process_state", {{"state", "Running"}}), ElementsAre(1, 1, 0));
  EXPECT_THAT(values(page, "phpfpm_process_state", {{"state", "Reading headers"}}),
              ElementsAre(0, 0, 1));
}

TEST(HipagesMetrics, AnOldQueueIsNotShownOfASaturatedPoolThatTheKernelCannotSee) {
  const Record record = pool_in(OutcomeClass::busy);
  note_page(*record, sample_status_page(), seconds(1));
  EXPECT_EQ(value(hipages_page_of(record), "phpfpm_listen_queue"), 4);
  note_page(*record, sample_status_page(), hours(1));
  EXPECT_FALSE(hipages_page_of(record).contains("phpfpm_listen_queue"));
}

TEST(HipagesMetrics, ASaturatedPoolThatNeverAnsweredShowsWhatTheKernelKnows) {
  const Record record = pool_in(OutcomeClass::busy);
  set_kernel_queue(record, {.length = 9, .limit = 8});
  std::vector<std::string> shown;
  for (const auto& [name, family] : hipages_page_of(record)) {
    shown.push_back(name);
    EXPECT_EQ(family.samples.front().labels.at("pool"), "");
  }
  EXPECT_THAT(shown, ElementsAre("phpfpm_listen_queue", "phpfpm_listen_queue_length",
                                 "phpfpm_scrape_failures", "phpfpm_up"));
}

TEST(HipagesMetrics, TheKernelSpeaksWhereAUnixPoolSaysZeroOfZero) {
  const Record record = pool_in(OutcomeClass::pass, kUnix);
  note_page(*record, page_without_queue(), seconds(1));
  EXPECT_EQ(value(hipages_page_of(record), "phpfpm_listen_queue_length"), 0);  // as the original
  set_kernel_queue(record, {.length = 3, .limit = 511});
  EXPECT_EQ(value(hipages_page_of(record), "phpfpm_listen_queue"), 3);
  EXPECT_EQ(value(hipages_page_of(record), "phpfpm_listen_queue_length"), 511);

  const Record tcp = pool_in(OutcomeClass::pass);
  note_page(*tcp, sample_status_page(), seconds(1));
  set_kernel_queue(tcp, {.length = 3, .limit = 511});
  EXPECT_EQ(value(hipages_page_of(tcp), "phpfpm_listen_queue"), 4);
  EXPECT_EQ(value(hipages_page_of(tcp), "phpfpm_listen_queue_length"), 128);
}

TEST(HipagesMetrics, AnOldPageOfAPoolThatIsUpIsNotShown) {
  const Record record = pool_in(OutcomeClass::pass);
  note_page(*record, sample_status_page(), seconds(31));
  EXPECT_EQ(hipages_page_of(record).size(), 2u);
}

TEST(HipagesMetrics, EachStateHasTheWordOfTheOriginal) {
  const std::map<ProcessState, std::string> words = {
      {ProcessState::idle, "Idle"},
      {ProcessState::running, "Running"},
      {ProcessState::finishing, "Finishing"},
      {ProcessState::reading_headers, "Reading headers"},
      {ProcessState::getting_request_information, "Getting request informations"},
      {ProcessState::ending, "Ending"},
      {ProcessState::creating, "Creating"},
      {ProcessState::other, "Other"}};
  ASSERT_EQ(words.size(), phpfpm::kProcessStateCount);
  for (const auto& [state, word] : words) {
    StatusPage page = sample_status_page();
    page.processes = {{.state = state}};
    const Record record = pool_in(OutcomeClass::pass);
    note_page(*record, std::move(page), seconds(1));
    const PageText text = hipages_page_of(record);
    EXPECT_THAT(values(text, "phpfpm_process_state", {{"child", "0"}, {"state", word}}),
                ElementsAre(1));
    const bool is_extra = state == ProcessState::creating || state == ProcessState::other;
    EXPECT_EQ(text.at("phpfpm_process_state").samples.size(), is_extra ? 7u : 6u) << word;
  }
}

TEST(HipagesMetrics, FixProcessCountCountsTheList) {
  const Record record = pool_in(OutcomeClass::pass);
  StatusPage page = sample_status_page();
  note_page(*record, page, seconds(1));
  const PageText fixed = hipages_page_of(record, Compat::hipages_fixed_process_count);
  EXPECT_EQ(value(fixed, "phpfpm_idle_processes"), 10);
  EXPECT_EQ(value(fixed, "phpfpm_active_processes"), 11 + 12 + 13 + 14 + 15 + 16 + 17);
  EXPECT_EQ(value(fixed, "phpfpm_total_processes"), 10 + 11 + 12 + 13 + 14 + 15 + 16 + 17);

  page.summary.reset();  // a list that could not be read
  note_page(*record, page, seconds(1));
  EXPECT_EQ(value(hipages_page_of(record, Compat::hipages_fixed_process_count),
                  "phpfpm_active_processes"),
            3);
}

TEST(HipagesMetrics, OfTargetsWithTheSameScrapeUriOnlyTheFirstIsShown) {
  const Record first = hipages_record_of("a", kTcp, "same");
  const Record second = hipages_record_of("b", kUnix, "same");
  for (const Record& record : {first, second}) note_round(record, OutcomeClass::pass);
  const PageText page = parse_page(hipages_text_of({first, second}));
  EXPECT_EQ(page.at("phpfpm_up").samples.size(), 1u);
}

TEST(HipagesMetrics, NoTargetsAreNoText) {
  EXPECT_THAT(hipages_text_of({}), IsEmpty());
}

}  // namespace
}  // namespace metrics
