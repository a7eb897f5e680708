#include "metrics/probe_page.h"

#include <gmock/gmock.h>

#include <string>

#include "metrics/golden_file.h"
#include "metrics/page_text.h"
#include "metrics/sample_fleet.h"

namespace metrics {
namespace {

using exposition::Format;
using testing::HasSubstr;
using testing::Not;
namespace chrono = std::chrono;

std::string probe_page_of(const probe::OneShotReport& report, Format format,
                          Detail detail = Detail::full) {
  const base::Address address = *base::parse_address("127.0.0.1:9000");
  exposition::ChunkSink sink;
  write_probe_page(
      {.report = report, .address = address, .max_children = 20, .detail = detail, .now = kNow},
      format, sink);
  std::string text;
  for (const std::string& chunk : sink.take_chunks()) text += chunk;
  return text;
}

probe::CheckReport check(const std::string& name, probe::Verdict verdict, bool decides) {
  probe::CheckReport report;
  report.check = name;
  report.decides = decides;
  report.attempt.phases = {chrono::microseconds(100), chrono::microseconds(200),
                           chrono::microseconds(300), chrono::microseconds(400),
                           chrono::microseconds(500)};
  report.verdict = std::move(verdict);
  return report;
}

probe::OneShotReport whole_report() {
  probe::OneShotReport report;
  report.elapsed = chrono::milliseconds(12);
  report.limit = chrono::milliseconds(4000);
  report.checks.push_back(check("ping", probe::make_verdict(probe::Outcome::pass), true));
  probe::Verdict status = probe::make_verdict(probe::Outcome::pass);
  status.status_page = std::make_shared<const phpfpm::StatusPage>(sample_status_page());
  report.checks.push_back(check("status", status, false));
  probe::Verdict script = probe::make_verdict(probe::Outcome::pass);
  script.script_output = std::make_shared<const exposition::ScriptOutput>(
      *exposition::parse_script_output("# HELP php_opcache_hits_total Hits.\n# TYPE "
                                       "php_opcache_hits_total counter\nphp_opcache_hits_total 7\n",
                                       {}));
  report.checks.push_back(check("script", script, false));
  return report;
}

TEST(ProbePage, IsAsTheGoldenFilesSay) {
  expect_golden("probe.prom", probe_page_of(whole_report(), Format::text_0_0_4));
  expect_golden("probe.om", probe_page_of(whole_report(), Format::openmetrics_1_0));
}

TEST(ProbePage, HasNothingOfTheExporterItself) {
  for (const auto& [name, family] : parse_page(probe_page_of(whole_report(), Format::text_0_0_4))) {
    EXPECT_THAT(name, testing::MatchesRegex("(probe|phpfpm|php_opcache)_.*"));
  }
  EXPECT_THAT(probe_page_of(whole_report(), Format::text_0_0_4), Not(HasSubstr("target=")));
}

TEST(ProbePage, IsCompactWhenWished) {
  const std::string compact = probe_page_of(whole_report(), Format::text_0_0_4, Detail::compact);
  EXPECT_THAT(compact, HasSubstr("phpfpm_processes{"));
  EXPECT_THAT(compact, Not(HasSubstr("phpfpm_listen_queue_peak_connections")));
}

TEST(ProbePage, SaysWhyItFailed) {
  for (const probe::OutcomeInfo& info : probe::outcomes()) {
    if (info.outcome == probe::Outcome::pass) continue;
    probe::OneShotReport report;
    report.checks.push_back(check("ping", probe::make_verdict(info.outcome), true));
    const std::string page = probe_page_of(report, Format::text_0_0_4);
    EXPECT_THAT(page, HasSubstr("\nprobe_success 0\n"));
    EXPECT_THAT(
        page, HasSubstr("probe_fastcgi_outcome{outcome=\"" + std::string(info.label) + "\"} 1\n"));
    for (std::size_t i = 0; i < probe::kReasonCount; ++i) {
      const auto reason = static_cast<probe::Reason>(i);
      EXPECT_THAT(page, HasSubstr("\nprobe_failed_due_to_" + std::string(probe::label(reason)) +
                                  (reason == info.reason ? " 1\n" : " 0\n")));
    }
    const bool is_busy = info.outcome_class == probe::OutcomeClass::busy;
    EXPECT_THAT(page, HasSubstr(is_busy ? "\nprobe_failed_due_to_saturation 1\n"
                                        : "\nprobe_failed_due_to_saturation 0\n"));
  }
}

// A program's exit status comes with END_REQUEST, which nobody waited for.
TEST(ProbePage, HasNoExitStatusOfAnAnswerThatWasTooLargeAndPassed) {
  probe::OneShotReport report;
  report.checks.push_back(check("status", probe::make_verdict(probe::Outcome::pass), true));
  report.checks[0].attempt.end = probe::End::malformed;
  const std::string page = probe_page_of(report, Format::text_0_0_4);
  EXPECT_THAT(page, HasSubstr("\nprobe_success 1\n"));
  EXPECT_THAT(page, Not(HasSubstr("probe_fastcgi_app_status")));
}

TEST(ProbePage, HasItsFiveFirstFamiliesWhateverHappened) {
  const std::string page = probe_page_of({}, Format::text_0_0_4);
  for (const char* line :
       {"probe_success 0\n", "probe_duration_seconds 0\n", "probe_timeout_seconds 0\n",
        "probe_dns_lookup_time_seconds 0\n",
        "probe_fastcgi_duration_seconds{phase=\"resolve\"} 0\n",
        "probe_fastcgi_duration_seconds{phase=\"connect\"} 0\n",
        "probe_fastcgi_duration_seconds{phase=\"send\"} 0\n",
        "probe_fastcgi_duration_seconds{phase=\"wait\"} 0\n",
        "probe_fastcgi_duration_seconds{phase=\"receive\"} 0\n", "probe_fastcgi_status_code 0\n"}) {
    EXPECT_THAT(page, HasSubstr(line));
  }
  EXPECT_THAT(page, Not(HasSubstr("probe_fastcgi_app_status")));
}

}  // namespace
}  // namespace metrics
