// How the status check asks, and how it judges whole answers.
#include "probe/status_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

#include "probe/attempts.h"
#include "probe/check.h"
#include "probe/judge.h"
#include "support/named_case.h"

namespace probe {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

CheckSettings status_settings(ProcessDetails details = ProcessDetails::off) {
  CheckSettings settings;
  settings.name = "status";
  settings.kind = "status";
  settings.process_details = details;
  return settings;
}

std::unique_ptr<const Check> made(const CheckSettings& settings) {
  auto check = make_check(settings);
  EXPECT_TRUE(check.has_value()) << (check ? "" : check.error());
  return std::move(check).value();
}

const std::string kPage =
    R"({"pool":"www","process manager":"static","accepted conn":18446744073709551615,)"
    R"("idle processes":3,"active processes":1})";
const std::string kFullPage =
    kPage.substr(0, kPage.size() - 1) +
    R"(, "processes":[{"state":"Running","request duration":5,"request uri":"/a?token=secret",)"
    R"("user":"secret","script":"/secret.php"}]})";
const std::string kBrokenFullPage = kFullPage.substr(0, kFullPage.find("secret")) + "\"x" +
                                    kFullPage.substr(kFullPage.find("secret"));

TEST(StatusCheck, AsksForTheDefaultPathInJson) {
  const fastcgi::Params params = params_of(status_settings());
  EXPECT_THAT(params, Contains(Pair("SCRIPT_NAME", "/status")));
  EXPECT_THAT(params, Contains(Pair("SCRIPT_FILENAME", "/status")));
  EXPECT_THAT(params, Contains(Pair("QUERY_STRING", "json")));
  EXPECT_THAT(params, Contains(Pair("REQUEST_URI", "/status?json")));
  EXPECT_THAT(params, Contains(Pair("REQUEST_METHOD", "GET")));
}

TEST(StatusCheck, AsksForTheListOfProcessesOnlyWhenToldTo) {
  for (const ProcessDetails details : {ProcessDetails::aggregate, ProcessDetails::per_process}) {
    CheckSettings settings = status_settings(details);
    settings.path = "/fpm-status";
    const fastcgi::Params params = params_of(settings);
    EXPECT_THAT(params, Contains(Pair("SCRIPT_NAME", "/fpm-status")));
    EXPECT_THAT(params, Contains(Pair("QUERY_STRING", "json&full")));
  }
}

TEST(StatusCheck, LaysTheModulesParametersOverItsOwn) {
  CheckSettings settings = status_settings();
  settings.params = {{"SCRIPT_FILENAME", "/srv/x.php"}, {"HTTP_HOST", "shop.example"}};
  const fastcgi::Params params = params_of(settings);
  EXPECT_THAT(params, Contains(Pair("SCRIPT_FILENAME", "/srv/x.php")));
  EXPECT_THAT(params, Contains(Pair("HTTP_HOST", "shop.example")));
}

TEST(StatusCheck, RefusesAPathWithAQuery) {
  CheckSettings settings = status_settings();
  settings.path = "/status?html";
  const auto check = make_check(settings);
  ASSERT_FALSE(check.has_value());
  EXPECT_THAT(check.error(), HasSubstr("path: a status page is asked for without a query"));
}

struct StatusCase {
  const char* name;
  int status;
  std::string body;
  Outcome want;
  const char* detail;
};

void PrintTo(const StatusCase& shown, std::ostream* out) {
  *out << shown.name;
}

class StatusCheckJudges : public testing::TestWithParam<StatusCase> {};

TEST_P(StatusCheckJudges, TheAnswer) {
  const StatusCase& c = GetParam();
  const auto check = made(status_settings(ProcessDetails::per_process));
  const Verdict verdict = judge(answered(c.status, c.body), *check, {});
  EXPECT_EQ(label(verdict.outcome), label(c.want));
  EXPECT_EQ(verdict.outcome_class, info(c.want).outcome_class);
  EXPECT_FALSE(verdict.dead);
  EXPECT_EQ(verdict.detail, c.detail);
  EXPECT_EQ(verdict.status_page != nullptr, c.want == Outcome::pass);
}

INSTANTIATE_TEST_SUITE_P(Pages, StatusCheckJudges,
                         testing::Values(StatusCase{"short_form", 200, kPage, Outcome::pass, ""},
                                         StatusCase{"any_success", 206, kPage, Outcome::pass, ""},
                                         StatusCase{"full_form", 200, kFullPage, Outcome::pass, ""},
                                         StatusCase{"broken_list", 200, kBrokenFullPage,
                                                    Outcome::pass, ""}),
                         support::name_of);

INSTANTIATE_TEST_SUITE_P(
    NoPages, StatusCheckJudges,
    testing::Values(
        StatusCase{"empty", 200, "", Outcome::bad_status_page,
                   "expected PHP-FPM's status page in JSON, got an empty body"},
        StatusCase{"html", 200, "<!DOCTYPE html>", Outcome::bad_status_page,
                   "expected PHP-FPM's status page in JSON, got HTML"},
        StatusCase{"ping", 200, "pong", Outcome::bad_status_page,
                   "expected PHP-FPM's status page in JSON, got the text \"pong\""},
        StatusCase{"plain_text", 200, "pool:                 www\n", Outcome::bad_status_page,
                   "expected PHP-FPM's status page in JSON, got a status page as plain text"},
        StatusCase{"json_of_a_script", 200, R"({"error":"boom"})", Outcome::bad_status_page,
                   "expected PHP-FPM's status page in JSON, got a JSON object without the key "
                   "\"pool\""},
        StatusCase{"half_a_page", 200, kPage.substr(0, 20), Outcome::bad_status_page,
                   "expected PHP-FPM's status page in JSON, got JSON that is broken at byte 21"}),
    support::name_of);

INSTANTIATE_TEST_SUITE_P(
    Statuses, StatusCheckJudges,
    testing::Values(
        StatusCase{"server_error_with_a_page", 500, kFullPage, Outcome::bad_status,
                   "status 500, expected 200 to 299; got a JSON object"},
        StatusCase{"redirect", 302, "", Outcome::bad_status,
                   "status 302, expected 200 to 299; got an empty body"},
        StatusCase{"not_found", 404, "File not found.\n", Outcome::not_found,
                   "status 404, expected 200 to 299; got the text \"File not found.\""},
        StatusCase{"access_denied", 403, "Access denied.\n", Outcome::access_denied,
                   "status 403, expected 200 to 299; got the text \"Access denied.\""},
        StatusCase{"not_found_with_a_page", 404, kPage, Outcome::not_found,
                   "status 404, expected 200 to 299; got a JSON object"},
        StatusCase{"scoreboard_locked", 503, "Server busy. Please try again later.",
                   Outcome::server_busy,
                   "status 503, expected 200 to 299; got the text \"Server busy. Please try again "
                   "later.\""},
        StatusCase{"scoreboard_in_use", 500, "Internal error. Please review log file for errors.",
                   Outcome::server_busy,
                   "status 500, expected 200 to 299; got the text \"Internal error. Please review "
                   "log file for errors.\""},
        StatusCase{"own_error_page", 500, "Internal error.", Outcome::bad_status,
                   "status 500, expected 200 to 299; got the text \"Internal error.\""},
        StatusCase{"own_maintenance_page", 503, "<html>", Outcome::bad_status,
                   "status 503, expected 200 to 299; got HTML"}),
    support::name_of);

TEST(StatusCheck, DoesNotPassAnExitStatus) {
  Attempt attempt = answered(200, kPage);
  attempt.response.app_status = 255;
  const Verdict verdict = judge(attempt, *made(status_settings()), {});
  EXPECT_EQ(verdict.outcome, Outcome::app_status);
  EXPECT_EQ(verdict.status_page, nullptr);
}

TEST(StatusCheck, BringsThePagesFigures) {
  const auto summing = made(status_settings(ProcessDetails::aggregate));
  const Verdict sums = judge(answered(200, kFullPage), *summing, {});
  ASSERT_TRUE(sums.status_page);
  EXPECT_EQ(sums.status_page->pool, "www");
  EXPECT_EQ(sums.status_page->accepted_connections, ~std::uint64_t{0});
  ASSERT_TRUE(sums.status_page->summary);
  EXPECT_EQ(sums.status_page->summary->longest_running_us, 5U);
  EXPECT_TRUE(sums.status_page->processes.empty());

  const auto keeping = made(status_settings(ProcessDetails::per_process));
  const Verdict slots = judge(answered(200, kFullPage), *keeping, {});
  ASSERT_TRUE(slots.status_page);
  EXPECT_EQ(slots.status_page->processes.size(), 1U);
}

TEST(StatusCheck, KeepsThePoolsFiguresOfABrokenList) {
  const auto check = made(status_settings(ProcessDetails::aggregate));
  const Verdict verdict = judge(answered(200, kBrokenFullPage), *check, {});
  ASSERT_TRUE(verdict.status_page);
  EXPECT_EQ(verdict.status_page->idle_processes, 3U);
  EXPECT_EQ(verdict.status_page->summary, std::nullopt);
  EXPECT_EQ(verdict.status_page->warnings, 1U);
}

// `text` filled up with what clients asked for, as far as the reader takes it.
Attempt too_large(const std::string& text) {
  Attempt attempt = malformed(fastcgi::Progress::too_large, "STDOUT holds more than 1048576 bytes");
  attempt.response.body = "Content-Type: application/json\r\n\r\n" + text;
  attempt.response.body.resize(fastcgi::kMaxAnswerBytes - 1000, 'u');
  return attempt;
}

TEST(StatusCheck, KeepsThePoolsFiguresOfAListThatIsTooLarge) {
  const auto check = made(status_settings(ProcessDetails::aggregate));
  const Verdict verdict =
      judge(too_large(kFullPage.substr(0, kFullPage.find("secret"))), *check, {});
  EXPECT_EQ(verdict.outcome, Outcome::pass);
  ASSERT_TRUE(verdict.status_page);
  EXPECT_EQ(verdict.status_page->idle_processes, 3U);
  EXPECT_EQ(verdict.status_page->summary, std::nullopt);
  EXPECT_EQ(verdict.status_page->warnings, 1U);
  EXPECT_THAT(verdict.detail, HasSubstr("process_details: off"));
}

TEST(StatusCheck, IsTooLargeWhereTheFiguresDoNotComeFirst) {
  const auto check = made(status_settings(ProcessDetails::aggregate));
  Attempt stderr_has_no_end = too_large("");
  stderr_has_no_end.response.body = "\r\n" + kPage;
  Attempt error_page = too_large(kPage);
  error_page.response.body.insert(0, "Status: 500\r\n");
  Attempt no_headers = too_large("");
  no_headers.response.body.assign(fastcgi::kMaxAnswerBytes, 'x');
  for (const Attempt& attempt : {too_large("<html>"), too_large("{\"pool\":\"www\", \"x\":\""),
                                 stderr_has_no_end, error_page, no_headers}) {
    EXPECT_EQ(judge(attempt, *check, {}).outcome, Outcome::response_too_large);
  }
  const auto without_list = made(status_settings(ProcessDetails::off));
  const Attempt attempt = too_large(kFullPage.substr(0, kFullPage.find("secret")));
  EXPECT_EQ(judge(attempt, *without_list, {}).outcome, Outcome::response_too_large);
}

// What users of the pool have asked for is nobody's business: not in a log, not on a page.
TEST(StatusCheckDetail, ShowsNothingOfAPage) {
  const auto check = made(status_settings(ProcessDetails::aggregate));
  for (const std::string& page :
       {kFullPage, kBrokenFullPage, kFullPage.substr(kFullPage.find("[{")), "x " + kFullPage,
        kFullPage.substr(kFullPage.find(", \"proc"))}) {
    for (const int status : {200, 403, 404, 500, 503}) {
      const Verdict verdict = judge(answered(status, page), *check, {});
      EXPECT_THAT(verdict.detail, Not(HasSubstr("secret"))) << page;
      EXPECT_THAT(verdict.detail, Not(HasSubstr("token"))) << page;
    }
  }
}

std::string contents(const std::string& file) {
  std::ifstream in(std::string(TEST_DATA_DIR "/") + file, std::ios::binary);
  EXPECT_TRUE(in) << file;
  return {std::istreambuf_iterator<char>(in), {}};
}

// From the bytes of a real pool to the verdict.
Outcome replayed(const std::string& capture) {
  Attempt attempt = answered(200, "");
  fastcgi::ResponseReader reader;
  EXPECT_EQ(reader.feed(contents("../fastcgi/captures/" + capture + ".response.bin")),
            fastcgi::Progress::complete);
  attempt.response = reader.take_response();
  return judge(attempt, *made(status_settings()), {}).outcome;
}

TEST(StatusCheck, JudgesWhatRealPoolsSent) {
  EXPECT_EQ(replayed("fpm82-status-json"), Outcome::pass);
  EXPECT_EQ(replayed("fpm82-300-status-json-full"), Outcome::pass);
  EXPECT_EQ(replayed("fpm82-statuslisten-json-full-unix"), Outcome::pass);
  EXPECT_EQ(replayed("fpm82-status-html"), Outcome::bad_status_page);
  EXPECT_EQ(replayed("fpm82-status-plain"), Outcome::bad_status_page);
  EXPECT_EQ(replayed("fpm82-status-head"), Outcome::bad_status_page);
  EXPECT_EQ(replayed("fpm82-statuslisten-ping-tcp"), Outcome::bad_status_page);
  EXPECT_EQ(replayed("fpm82-notfound"), Outcome::not_found);
  EXPECT_EQ(replayed("fpm82-denied"), Outcome::access_denied);
}

}  // namespace
}  // namespace probe
