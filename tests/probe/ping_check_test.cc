// How whole answers are judged: a response in, a verdict out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "probe/check.h"

namespace probe {
namespace {

using testing::HasSubstr;
using Body = Expectation::Body;

struct Answer {
  int status = 200;
  std::string body = "pong";
  std::uint32_t app_status = 0;
  std::string stderr_text = "";
};

fastcgi::Response response_of(const Answer& answer) {
  fastcgi::Response response;
  response.status = answer.status;
  response.body = answer.body;
  response.app_status = answer.app_status;
  response.stderr_text = answer.stderr_text;
  return response;
}

Verdict judged(const Expectation& expectation, const Answer& answer) {
  CheckSettings settings;
  settings.expect = expectation;
  const auto check = make_check(settings);
  EXPECT_TRUE(check.has_value());
  return (*check)->judge_response(response_of(answer));
}

struct PingCase {
  const char* name;
  Expectation expectation;
  Answer answer;
  Outcome want;
};

void PrintTo(const PingCase& shown, std::ostream* out) {
  *out << shown.name;
}

class PingCheckJudges : public testing::TestWithParam<PingCase> {};

TEST_P(PingCheckJudges, TheAnswer) {
  const Verdict verdict = judged(GetParam().expectation, GetParam().answer);
  EXPECT_EQ(label(verdict.outcome), label(GetParam().want)) << verdict.detail;
  EXPECT_EQ(verdict.outcome_class, info(GetParam().want).outcome_class);
  EXPECT_EQ(verdict.dead, info(GetParam().want).dead);
}

const std::string kFarAway = std::string(kMaxSearchedBytes, 'x') + "pong";
const std::string kJustInReach = std::string(kMaxSearchedBytes - 4, 'x') + "pong";
const Expectation kAny = {.body = Body::any_answer, .text = ""};

INSTANTIATE_TEST_SUITE_P(
    Bodies, PingCheckJudges,
    testing::Values(
        PingCase{"contains", {}, {.body = "<p>pong</p>"}, Outcome::pass},
        PingCase{"contains_not", {}, {.body = "ping"}, Outcome::mismatch},
        PingCase{"contains_is_case_sensitive", {}, {.body = "PONG"}, Outcome::mismatch},
        PingCase{"contains_far_away", {}, {.body = kFarAway}, Outcome::pass},
        PingCase{"empty_body_is_no_success", {}, {.body = ""}, Outcome::mismatch},
        PingCase{
            "contains_nothing_looks_at_the_status_only", {.text = ""}, {.body = ""}, Outcome::pass},
        PingCase{"contains_behind_a_nul", {}, {.body = std::string("a\0pong", 6)}, Outcome::pass},
        PingCase{"equals", {.body = Body::equals}, {}, Outcome::pass},
        PingCase{"equals_with_a_line_end",
                 {.body = Body::equals},
                 {.body = "pong\n"},
                 Outcome::mismatch},
        PingCase{"regex", {.body = Body::regex, .text = "^p[aeiou]ng$"}, {}, Outcome::pass},
        PingCase{"regex_not", {.body = Body::regex, .text = "^ong"}, {}, Outcome::mismatch},
        PingCase{"regex_in_reach", {.body = Body::regex}, {.body = kJustInReach}, Outcome::pass},
        PingCase{
            "regex_out_of_reach", {.body = Body::regex}, {.body = kFarAway}, Outcome::mismatch},
        PingCase{"regex_over_broken_utf8",
                 {.body = Body::regex},
                 {.body = "\xff\xfepong\x80"},
                 Outcome::pass},
        PingCase{"not_contains", {.body = Body::not_contains, .text = "Fatal"}, {}, Outcome::pass},
        PingCase{"not_contains_not",
                 {.body = Body::not_contains, .text = "Fatal"},
                 {.body = "PHP Fatal error: pong"},
                 Outcome::mismatch},
        PingCase{"not_regex", {.body = Body::not_regex, .text = "(?i)fatal"}, {}, Outcome::pass},
        PingCase{"not_regex_not",
                 {.body = Body::not_regex, .text = "(?i)fatal"},
                 {.body = "PHP Fatal error: pong"},
                 Outcome::mismatch}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Statuses, PingCheckJudges,
    testing::Values(
        PingCase{"lowest_expected", {}, {.status = 200}, Outcome::pass},
        PingCase{"highest_expected", {}, {.status = 299}, Outcome::pass},
        PingCase{"below", {}, {.status = 199}, Outcome::bad_status},
        PingCase{"above", {}, {.status = 300}, Outcome::bad_status},
        PingCase{"server_error_with_the_right_body", {}, {.status = 500}, Outcome::bad_status},
        PingCase{"not_found", {}, {.status = 404, .body = "File not found.\n"}, Outcome::not_found},
        PingCase{"access_denied",
                 {},
                 {.status = 403, .body = "Access denied.\n"},
                 Outcome::access_denied},
        PingCase{"expected_404",
                 {.text = "gone", .min_status = 404, .max_status = 404},
                 {.status = 404, .body = "gone"},
                 Outcome::pass},
        PingCase{"expected_404_but_200",
                 {.min_status = 404, .max_status = 404},
                 {},
                 Outcome::bad_status},
        PingCase{"scoreboard_locked",
                 {},
                 {.status = 503, .body = "Server busy. Please try again later."},
                 Outcome::server_busy},
        PingCase{"busy_words_with_another_status",
                 {},
                 {.status = 500, .body = "Server busy. Please try again later."},
                 Outcome::bad_status},
        PingCase{"own_maintenance_page",
                 {},
                 {.status = 503, .body = "We are back at 5."},
                 Outcome::bad_status},
        PingCase{"long_page_that_begins_alike",
                 {},
                 {.status = 503, .body = "Server busy. " + std::string(500, 'x')},
                 Outcome::bad_status},
        PingCase{"busy_words_without_the_503",
                 {},
                 {.status = 200, .body = "Server busy. Please try again later."},
                 Outcome::mismatch}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Order, PingCheckJudges,
    testing::Values(
        PingCase{"app_status", {}, {.app_status = 3}, Outcome::app_status},
        PingCase{"app_status_highest_bit", {}, {.app_status = 0x80000000U}, Outcome::app_status},
        PingCase{
            "status_before_app_status", {}, {.status = 500, .app_status = 3}, Outcome::bad_status},
        PingCase{
            "app_status_before_body", {}, {.body = "no", .app_status = 3}, Outcome::app_status},
        PingCase{"any_answer_takes_an_error_page",
                 kAny,
                 {.status = 404, .body = "File not found.\n"},
                 Outcome::pass},
        PingCase{"any_answer_takes_nothing", kAny, {.body = ""}, Outcome::pass},
        PingCase{"any_answer_takes_an_exit_status", kAny, {.app_status = 1}, Outcome::pass}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(PingCheckDetail, IsEmptyForAPass) {
  EXPECT_EQ(judged({}, {}).detail, "");
}

TEST(PingCheckDetail, QuotesWhatWasExpectedAndWhatCame) {
  EXPECT_EQ(judged({}, {.body = "all good here\n"}).detail,
            "expected a body with \"pong\", got the body \"all good here\"");
  EXPECT_EQ(judged({}, {.body = ""}).detail, "expected a body with \"pong\", got an empty body");
  EXPECT_EQ(judged({.body = Body::equals}, {.body = "x"}).detail,
            "expected exactly the body \"pong\", got the body \"x\"");
  EXPECT_EQ(judged({.body = Body::regex, .text = "^a"}, {.body = "x"}).detail,
            "expected a body that matches \"^a\", got the body \"x\"");
  EXPECT_EQ(judged({.body = Body::not_contains, .text = "x"}, {.body = "x"}).detail,
            "expected a body without \"x\", got the body \"x\"");
  EXPECT_EQ(judged({.body = Body::not_regex, .text = "x"}, {.body = "x"}).detail,
            "expected a body that does not match \"x\", got the body \"x\"");
}

TEST(PingCheckDetail, ShowsStatusAndStderr) {
  EXPECT_EQ(
      judged({},
             {.status = 404, .body = "File not found.\n", .stderr_text = "Primary script unknown"})
          .detail,
      "status 404, expected 200 to 299; got the body \"File not found.\"; stderr \"Primary "
      "script unknown\"");
  EXPECT_EQ(judged({}, {.body = "", .app_status = 255}).detail,
            "exit status 255, expected 0; got an empty body");
}

TEST(PingCheckDetail, CannotBeForgedOrFloodedByThePeer) {
  const std::string detail =
      judged({.text = std::string(4000, 'p')}, {.body = "x\nlevel=error\x1b[2J" + kFarAway,
                                                .stderr_text = "\r\n\t" + std::string(4096, 'e')})
          .detail;
  EXPECT_LE(detail.size(), kMaxDetailBytes);
  EXPECT_EQ(detail.find_first_of("\n\r\t\x1b"), std::string::npos);
  EXPECT_THAT(detail, HasSubstr("stderr \"eee"));  // a long body leaves room for it
}

}  // namespace
}  // namespace probe
