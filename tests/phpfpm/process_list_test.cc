// The list of processes of a `full` page: read, or given up without the pool's figures.
#include "phpfpm/process_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "pages.h"

namespace phpfpm {
namespace {

using testing::ElementsAre;

// One slot, with what matters to a test.
std::string process(std::string_view state, std::string_view duration,
                    std::string_view user = "-") {
  return R"({"pid":7,"state":")" + std::string(state) +
         R"(","start time":1795353943,"start since":57,"requests":9,"request duration":)" +
         std::string(duration) +
         R"(,"request method":"GET","request uri":"\/a.php?x=1","content length":0,"user":")" +
         std::string(user) +
         R"(","script":"\/a.php","last request cpu":12.50,"last request memory":2097152})";
}

TEST(ProcessList, KeepsEachSlotInItsOrder) {
  const StatusPage page = parsed(
      full_page(process("Idle", "295") + ',' + process("Running", "1200488")), Keep::processes);
  const Process idle = {.state = ProcessState::idle,
                        .start_time = 1795353943,
                        .requests = 9,
                        .request_duration_us = 295,
                        .last_request_cpu_percent = 12.5,
                        .last_request_memory_bytes = 2097152};
  Process running = idle;
  running.state = ProcessState::running;
  running.request_duration_us = 1200488;
  EXPECT_THAT(page.processes, ElementsAre(idle, running));
  EXPECT_EQ(page.warnings, 0U);
}

TEST(ProcessList, IsSummedUpAndNotKeptUnlessAskedFor) {
  const StatusPage page = parsed(contents("testdata/php84-full.json"));
  EXPECT_TRUE(page.processes.empty());
  ASSERT_TRUE(page.summary);
  EXPECT_EQ(page.summary->longest_running_us, 1200488U);
  EXPECT_EQ(page.summary->largest_request_memory_bytes, 2097152U);
  EXPECT_EQ(page.summary, parsed(contents("testdata/php84-full.json"), Keep::processes).summary);
}

TEST(ProcessList, IsThereThoughEmpty) {
  const StatusPage page = parsed(full_page(""));
  EXPECT_EQ(page.summary, ProcessSummary{});
  EXPECT_EQ(page.warnings, 0U);
}

struct Word {
  const char* name;
  const char* word;
  ProcessState state;
};

void PrintTo(const Word& shown, std::ostream* out) {
  *out << shown.name;
}

class StateWords : public testing::TestWithParam<Word> {};

TEST_P(StateWords, AreOfAFixedList) {
  const StatusPage page = parsed(full_page(process(GetParam().word, "1")));
  EXPECT_EQ(count(page, GetParam().state), 1U);
  EXPECT_EQ(page.warnings, 0U);
}

INSTANTIATE_TEST_SUITE_P(Words, StateWords,
                         testing::Values(Word{"idle", "Idle", ProcessState::idle},
                                         Word{"running", "Running", ProcessState::running},
                                         Word{"finishing", "Finishing", ProcessState::finishing},
                                         Word{"reading_headers", "Reading headers",
                                              ProcessState::reading_headers},
                                         Word{"information", "Getting request information",
                                              ProcessState::getting_request_information},
                                         Word{"informations", "Getting request informations",
                                              ProcessState::getting_request_information},
                                         Word{"ending", "Ending", ProcessState::ending},
                                         Word{"creating", "Creating", ProcessState::creating},
                                         Word{"a_later_word", "Dreaming", ProcessState::other},
                                         Word{"another_case", "idle", ProcessState::other},
                                         Word{"nothing", "", ProcessState::other}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(StateLabels, AreThoseOfThePublishedMetric) {
  std::vector<std::string_view> labels;
  for (std::size_t i = 0; i < kProcessStateCount; ++i) {
    labels.push_back(label(static_cast<ProcessState>(i)));
  }
  EXPECT_THAT(labels, ElementsAre("idle", "running", "finishing", "reading_headers",
                                  "getting_request_information", "ending", "creating", "other"));
}

TEST(ProcessList, DoesNotCallASlotIdleThatSaysNothing) {
  const StatusPage page = parsed(full_page(R"({},{"state":3},{"state":null})"), Keep::processes);
  EXPECT_EQ(count(page, ProcessState::other), 3U);
  EXPECT_EQ(page.warnings, 2U);
  EXPECT_EQ(page.processes.at(0), Process{.state = ProcessState::other});
}

TEST(ProcessList, CountsTheLongestOfThoseThatRunOnly) {
  const StatusPage page = parsed(full_page(
      process("Idle", "900") + ',' + process("Running", "30") + ',' + process("Running", "20") +
      ',' + process("Reading headers", "800") + ',' + process("Finishing", "700")));
  EXPECT_EQ(page.summary->longest_running_us, 30U);
}

TEST(ProcessList, TakesADurationBelowNothingForNone) {
  const StatusPage page =
      parsed(contents("testdata/durations-below-nothing.json"), Keep::processes);
  EXPECT_EQ(page.summary->longest_running_us, 700U);
  EXPECT_EQ(page.processes.at(0).request_duration_us, 0U);
  EXPECT_EQ(page.processes.at(0).state, ProcessState::creating);
  EXPECT_EQ(page.processes.at(1).request_duration_us, 0U);
  EXPECT_EQ(page.warnings, 2U);
  constexpr const char* kLongest = "9223372036854775807";
  EXPECT_EQ(parsed(full_page(process("Running", kLongest))).summary->longest_running_us,
            std::uint64_t{9223372036854775807U});
}

TEST(ProcessList, ReadsTheWordsOfOldVersions) {
  const StatusPage page = parsed(contents("testdata/php73-informations.json"));
  EXPECT_EQ(count(page, ProcessState::getting_request_information), 1U);
  EXPECT_EQ(count(page, ProcessState::reading_headers), 1U);
  EXPECT_EQ(count(page, ProcessState::idle), 1U);
  EXPECT_EQ(page.warnings, 0U);
}

TEST(ProcessList, HasNothingForStrangeValuesAndCountsThem) {
  const StatusPage page =
      parsed(full_page(R"({"state":"Idle","start time":-1,"requests":1.5,"request duration":"x",)"
                       R"("last request cpu":-0.5,"last request memory":[1,{"state":"Running"}]})"),
             Keep::processes);
  EXPECT_THAT(page.processes, ElementsAre(Process{.state = ProcessState::idle}));
  EXPECT_EQ(page.warnings, 5U);
}

TEST(ProcessList, IgnoresWhatElseASlotHolds) {
  const StatusPage page = parsed(full_page(
      R"({"state":"Running","new":{"state":"Idle","deep":[[{"state":"Idle"}]]},"newer":[],"last request cpu":3})"));
  EXPECT_EQ(count(page, ProcessState::running), 1U);
  EXPECT_EQ(count(page, ProcessState::idle), 0U);
  EXPECT_EQ(page.warnings, 0U);
}

TEST(ProcessList, IsBounded) {
  std::string list = R"({"state":"Idle"})";
  for (std::size_t i = 1; i < kMaxProcesses; ++i) list += R"(,{"state":"Idle"})";
  StatusPage page = parsed(full_page(list), Keep::processes);
  EXPECT_EQ(page.processes.size(), kMaxProcesses);
  EXPECT_EQ(page.warnings, 0U);
  list += R"(,{"state":"Running"},{"state":"Running"})";
  page = parsed(full_page(list), Keep::processes);
  EXPECT_EQ(page.processes.size(), kMaxProcesses);
  EXPECT_EQ(count(page, ProcessState::running), 0U);
  EXPECT_EQ(page.warnings, 1U);
}

struct Damage {
  const char* name;
  std::string body;
};

void PrintTo(const Damage& shown, std::ostream* out) {
  *out << shown.name;
}

class BrokenList : public testing::TestWithParam<Damage> {};

// The figures of the pool stand before the list, so no client can reach them.
TEST_P(BrokenList, CostsTheListAndOneWarning) {
  const std::string& body = GetParam().body;
  const StatusPage page = parsed(body, Keep::processes);
  EXPECT_EQ(page.summary, std::nullopt);
  EXPECT_TRUE(page.processes.empty());
  EXPECT_EQ(page.warnings, 1U);
  const std::string before_list = body.substr(0, body.find(", \"processes\""));
  EXPECT_EQ(without_list(page), parsed(before_list + '}'));
}

INSTANTIATE_TEST_SUITE_P(
    OfARealVersion, BrokenList,
    testing::Values(Damage{"quote_in_a_uri_7_4", contents("testdata/php74-uri-quote.json")},
                    Damage{"byte_in_a_uri_7_4", contents("testdata/php74-uri-bytes.json")},
                    Damage{"control_in_a_uri_7_4", contents("testdata/php74-uri-control.json")},
                    Damage{"quote_in_a_user_8_4", contents("testdata/php84-user-quote.json")},
                    Damage{"user_that_ends_the_page_8_4",
                           contents("testdata/php84-user-ends-page.json")},
                    Damage{"user_that_takes_over_its_slot_8_4",
                           contents("testdata/php84-user-takes-over.json")}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Written, BrokenList,
    testing::Values(
        Damage{"not_closed", head() + ", \"processes\":[" + process("Idle", "1")},
        Damage{"closed_by_the_wrong_bracket", full_page(process("Idle", "1") + "}")},
        Damage{"a_slot_that_is_a_list", full_page("[]")},
        Damage{"a_slot_that_is_a_number", full_page(process("Idle", "1") + ",3")},
        Damage{"a_slot_that_is_a_text", full_page("\"x\"")},
        Damage{"a_slot_that_is_null", full_page("null")},
        Damage{"strange_values_besides", full_page(R"({"state":1,"requests":-1},)")},
        Damage{"a_number_that_no_double_holds", full_page(process("Idle", "1e999"))},
        Damage{"not_a_number", full_page(R"({"last request cpu":nan})")},
        Damage{"half_of_a_surrogate_pair", full_page(process("Idle", "1", "\\ud83d"))},
        Damage{"a_nul", full_page(std::string("{\0}", 3))},
        Damage{"a_key_after_it", full_page("").substr(0, full_page("").size() - 1) + ",\"x\":1}"},
        Damage{"a_figure_after_it", head() + R"(, "processes":[],"accepted conn":0})"},
        Damage{"a_second_list", head() + R"(, "processes":[],"processes":[{"state":"Idle"}]})"},
        Damage{"a_second_page", full_page("") + short_page()}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(ProcessList, ThatIsNoListIsNotThere) {
  for (const char* value : {"3", "null", "{}", "\"x\"", R"({"state":[1]})"}) {
    const StatusPage page = parsed(head() + ", \"processes\":" + value + '}');
    EXPECT_EQ(page.summary, std::nullopt) << value;
    EXPECT_EQ(page.warnings, 1U) << value;
  }
}

}  // namespace
}  // namespace phpfpm
