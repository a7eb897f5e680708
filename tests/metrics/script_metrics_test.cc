#include "metrics/script_metrics.h"

#include <gmock/gmock.h>

#include "metrics/golden_file.h"
#include "metrics/page_text.h"
#include "metrics/sample_fleet.h"

namespace metrics {
namespace {

using exposition::Format;
using exposition::MetricType;
using exposition::ScriptFamily;
using exposition::ScriptOutput;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using Record = std::shared_ptr<state::TargetRecord>;

struct Target {
  std::string name = "a";
  std::vector<std::string> outputs = {};  // of one check each, as the script printed it
  base::Duration ago = seconds(30);
  probe::OutcomeClass last_class = probe::OutcomeClass::pass;
  base::Duration stale_after = seconds(30);
  base::Duration interval = seconds(60);  // of each script
};

Record script_record_of(const Target& target) {
  state::TargetIdentity identity;
  identity.name = target.name;
  identity.stale_after = target.stale_after;
  identity.checks.resize(target.outputs.size(), "script");
  identity.check_intervals.resize(target.outputs.size(), target.interval);
  const Record record = state::make_record(std::move(identity), {}, kNow);
  record->update([&](state::TargetStatus& status) {
    for (std::size_t i = 0; i < target.outputs.size(); ++i) {
      auto parsed = exposition::parse_script_output(target.outputs[i], {"target"});
      EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error());
      status.checks[i].script_output = std::make_shared<const ScriptOutput>(*parsed);
      status.checks[i].script_output_taken = kNow - target.ago;
      status.checks[i].last_class = target.last_class;
    }
  });
  return record;
}

struct Merged {
  std::string text;
  std::uint64_t refused = 0;
};

Merged merged(const std::vector<Record>& records, Format format = Format::text_0_0_4) {
  const state::TargetSet targets(records);
  const FleetView fleet(targets, kNow);
  Merged result;
  result.text = written(format, [&](exposition::Writer& writer) {
    result.refused = write_script_metrics(fleet.targets(), writer);
  });
  return result;
}

Merged merged(const std::vector<Target>& targets, Format format = Format::text_0_0_4) {
  std::vector<Record> records;
  for (const Target& target : targets) records.push_back(script_record_of(target));
  return merged(records, format);
}

std::vector<Target> sample_scripts() {
  const std::string opcache =
      "# HELP phpfpm_opcache_up Whether OPcache can be asked.\n# TYPE phpfpm_opcache_up gauge\n"
      "phpfpm_opcache_up 1\n"
      "# HELP phpfpm_opcache_hits_total Hits.\n# TYPE phpfpm_opcache_hits_total counter\n"
      "phpfpm_opcache_hits_total 12\n";
  const std::string jobs =
      "# HELP php_jobs_seconds Duration of jobs.\n# TYPE php_jobs_seconds histogram\n"
      "php_jobs_seconds_bucket{le=\"0.5\"} 1\nphp_jobs_seconds_bucket{le=\"+Inf\"} 3\n"
      "php_jobs_seconds_sum 4.5\nphp_jobs_seconds_count 3\n"
      "# HELP php_queue_length Jobs that wait.\n# TYPE php_queue_length gauge\n"
      "php_queue_length{queue=\"mail\"} 4\nphp_queue_length{queue=\"say \\\"hi\\\"\"} 5\n"
      "# HELP mails_sent_total Mails.\n# TYPE mails_sent_total counter\nmails_sent_total 6\n";
  return {{.name = "api", .outputs = {opcache}}, {.name = "www", .outputs = {opcache, jobs}}};
}

TEST(ScriptMetrics, AreAsTheGoldenFilesSay) {
  expect_golden("scripts.prom", merged(sample_scripts()).text);
  expect_golden("scripts.om", merged(sample_scripts(), Format::openmetrics_1_0).text);
}

TEST(ScriptMetrics, StandUnderOneTypeLinePerNameSortedByName) {
  const Merged page = merged({{.name = "a", .outputs = {"php_b 1\nphp_a 2\n"}},
                              {.name = "b", .outputs = {"php_b 3\n", "php_c 4\nphp_a 5\n"}}});
  std::vector<std::string> samples;
  std::istringstream lines(page.text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("#")) samples.push_back(line);
  }
  EXPECT_THAT(samples,
              ElementsAre("php_a{target=\"a\"} 2", "php_a{target=\"b\"} 5", "php_b{target=\"a\"} 1",
                          "php_b{target=\"b\"} 3", "php_c{target=\"b\"} 4"));
  for (const char* name : {"php_a", "php_b", "php_c"}) {
    const std::string type_line = "# TYPE " + std::string(name) + " untyped\n";
    const std::size_t first = page.text.find(type_line);
    ASSERT_NE(first, std::string::npos) << name;
    EXPECT_EQ(page.text.find(type_line, first + 1), std::string::npos) << name;
  }
  EXPECT_EQ(page.refused, 0u);
}

TEST(ScriptMetrics, TheFirstTypeByTargetWinsAndOthersAreRefused) {
  const Merged page =
      merged({{.name = "a", .outputs = {"# TYPE php_x gauge\nphp_x 1\n"}},
              {.name = "b", .outputs = {"# TYPE php_x counter\nphp_x{a=\"1\"} 1\nphp_x 2\n"}},
              {.name = "c", .outputs = {"# TYPE php_x gauge\nphp_x 3\n"}}});
  const PageText text = parse_page(page.text);
  EXPECT_EQ(text.at("php_x").type, "gauge");
  EXPECT_THAT(values(text, "php_x", {}), ElementsAre(1, 3));
  EXPECT_EQ(page.refused, 2u);
}

TEST(ScriptMetrics, NamesOfOursAreRefused) {
  for (const char* name :
       {"phpfpm_max_children", "phpfpm_slow_requests_total", "phpfpm_slow_requests", "phpfpm_up",
        "phpfpm_process_state", "phpfpm_processes_by_state"}) {
    const Merged page =
        merged({{.name = "a", .outputs = {std::string(name) + " 1\nphpfpm_opcache_up 1\n"}}});
    EXPECT_EQ(page.refused, 1u) << name;
    EXPECT_EQ(parse_page(page.text).size(), 1u) << name;
  }
  // Without a prefix of ours nothing can be meant.
  EXPECT_THAT(merged({{.name = "a", .outputs = {"fastcgi_up 1\n"}}}).text,
              testing::HasSubstr("fastcgi_script_fastcgi_up{target=\"a\"} 1\n"));
}

// In one of the two formats each of these pairs would be one name twice.
TEST(ScriptMetrics, NamesThatAnotherFamilyTakesAreRefused) {
  const std::string histogram =
      "# TYPE php_x histogram\nphp_x_bucket{le=\"+Inf\"} 1\nphp_x_sum 1\nphp_x_count 1\n";
  const std::string counter = "# TYPE php_x_total counter\nphp_x_total 1\n";
  for (const auto& [first, second] :
       std::vector<std::pair<std::string, std::string>>{{histogram, "php_x_count 1\n"},
                                                        {histogram, "php_x_bucket 1\n"},
                                                        {counter, "php_x 1\n"},
                                                        {"php_x 1\n", counter}}) {
    const Merged page =
        merged({{.name = "a", .outputs = {first}}, {.name = "b", .outputs = {second}}});
    EXPECT_EQ(page.refused, 1u) << first << second;
    EXPECT_EQ(parse_page(page.text).size(), 1u) << first << second;
  }
}

TEST(ScriptMetrics, TwoScriptsOfATargetMayShareANameButNotASeries) {
  const Merged shared = merged(
      {{.name = "a", .outputs = {"php_x{a=\"1\",b=\"2\"} 1\n", "php_x{a=\"2\",b=\"2\"} 2\n"}}});
  EXPECT_THAT(values(parse_page(shared.text), "php_x", {}), ElementsAre(1, 2));
  EXPECT_EQ(shared.refused, 0u);

  const Merged same = merged({{.name = "a",
                               .outputs = {"php_x{a=\"1\",b=\"2\"} 1\n", "php_x{c=\"1\"} 2\n",
                                           "php_x{b=\"2\",a=\"1\"} 3\nphp_x 4\n"}}});
  EXPECT_THAT(values(parse_page(same.text), "php_x", {}), ElementsAre(1, 2));
  EXPECT_EQ(same.refused, 2u);
}

TEST(ScriptMetrics, CountWhatTheParserRefusedToo) {
  EXPECT_EQ(merged({{.name = "a", .outputs = {"php_x 1\nphp_x 2\n", "php_x 3\n"}}}).refused, 2u);
}

TEST(ScriptMetrics, StayForFiveMinutesUntilTheTargetIsStaleOrTwoIntervals) {
  const std::vector<std::string> output = {"php_x 1\n"};
  const auto is_shown = [&](Target target) {
    target.name = "a";
    target.outputs = output;
    return !merged(std::vector<Target>{target}).text.empty();
  };
  EXPECT_TRUE(is_shown({.ago = minutes(5)}));
  EXPECT_FALSE(is_shown({.ago = minutes(5) + nanoseconds(1)}));
  EXPECT_TRUE(is_shown({.ago = minutes(20), .stale_after = minutes(20)}));
  EXPECT_FALSE(is_shown({.ago = minutes(20) + nanoseconds(1), .stale_after = minutes(20)}));
  EXPECT_TRUE(is_shown({.ago = minutes(120), .interval = minutes(60)}));
  EXPECT_FALSE(is_shown({.ago = minutes(120) + nanoseconds(1), .interval = minutes(60)}));
}

TEST(ScriptMetrics, GoAwayWhenTheLastProbeDidNotPass) {
  for (const auto last_class : {probe::OutcomeClass::fail, probe::OutcomeClass::busy}) {
    const Merged page = merged({{.name = "a", .outputs = {"php_x 1\n"}, .last_class = last_class}});
    EXPECT_THAT(page.text, IsEmpty());
  }
}

TEST(ScriptMetrics, AreNothingWhereNoScriptRan) {
  const Record record = script_record_of({.name = "a"});
  EXPECT_THAT(merged(std::vector<Record>{record}).text, IsEmpty());
}

}  // namespace
}  // namespace metrics
