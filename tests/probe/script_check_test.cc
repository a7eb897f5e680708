#include "probe/script_check.h"
#include "probe/checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace probe {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

CheckSettings settings_for(std::string path) {
  CheckSettings settings;
  settings.name = settings.kind = "script";
  settings.path = std::move(path);
  settings.reserved_labels = {"target", "app"};
  return settings;
}

Verdict script_judged(const fastcgi::Response& response) {
  const auto check = make_check(settings_for("/srv/opcache.php"));
  EXPECT_TRUE(check.has_value());
  return (*check)->judge_response(response);
}

fastcgi::Response printed(std::string body) {
  fastcgi::Response response;
  response.body = std::move(body);
  return response;
}

TEST(ScriptCheck, RunsTheScriptAtItsPath) {
  const fastcgi::Params params = params_of(settings_for("/srv/app/opcache.php?part=1"));
  EXPECT_THAT(params, Contains(Pair("SCRIPT_FILENAME", "/srv/app/opcache.php")));
  EXPECT_THAT(params, Contains(Pair("SCRIPT_NAME", "/srv/app/opcache.php")));
  EXPECT_THAT(params, Contains(Pair("DOCUMENT_ROOT", "/srv/app")));
  EXPECT_THAT(params, Contains(Pair("QUERY_STRING", "part=1")));
  EXPECT_THAT(params, Contains(Pair("REQUEST_METHOD", "GET")));
}

TEST(ScriptCheck, LaysTheModulesParametersOverItsOwn) {
  CheckSettings settings = settings_for("/srv/app/opcache.php");
  settings.params = {{"DOCUMENT_ROOT", "/srv"}, {"APP_ENV", "production"}};
  const fastcgi::Params params = params_of(settings);
  EXPECT_THAT(params, Contains(Pair("DOCUMENT_ROOT", "/srv")).Times(1));
  EXPECT_THAT(params, Not(Contains(Pair("DOCUMENT_ROOT", "/srv/app"))));
  EXPECT_THAT(params, Contains(Pair("APP_ENV", "production")));
}

TEST(ScriptCheck, NeedsAPath) {
  EXPECT_FALSE(make_check(settings_for("")).has_value());
}

TEST(ScriptCheck, PassesWithTheMetricsThatWerePrinted) {
  const Verdict verdict =
      script_judged(printed("# TYPE phpfpm_a gauge\nphpfpm_a 1\napp_b{x=\"y\"} 2\n"));
  EXPECT_EQ(verdict.outcome, Outcome::pass);
  EXPECT_EQ(verdict.detail, "");
  ASSERT_NE(verdict.script_output, nullptr);
  ASSERT_EQ(verdict.script_output->families.size(), 2U);
  EXPECT_EQ(verdict.script_output->families[0].name, "fastcgi_script_app_b");
  EXPECT_EQ(verdict.script_output->families[1].name, "phpfpm_a");
  EXPECT_EQ(verdict.status_page, nullptr);
}

TEST(ScriptCheck, PassesWithoutTheLabelsOfTheTargetAndSaysSo) {
  const Verdict verdict = script_judged(printed("a 1\nb{target=\"x\"} 2\nb{app=\"x\"} 2\n"));
  EXPECT_EQ(verdict.outcome, Outcome::pass);
  EXPECT_EQ(verdict.detail,
            "left out 2 of 3 series; the first: line 2, b: its label \"target\" is one that the "
            "target brings itself");
  EXPECT_EQ(verdict.script_output->series, 1U);
}

struct Failing {
  const char* name;
  fastcgi::Response response;
  Outcome outcome;
  const char* detail;
};

void PrintTo(const Failing& shown, std::ostream* out) {
  *out << shown.name;
}

fastcgi::Response with_status(int status) {
  fastcgi::Response response = printed("a 1\n");
  response.status = status;
  return response;
}

fastcgi::Response with_exit_status(std::uint32_t app_status) {
  fastcgi::Response response = printed("a 1\n");
  response.app_status = app_status;
  return response;
}

class ScriptCheckFails : public testing::TestWithParam<Failing> {};

TEST_P(ScriptCheckFails, WithoutMetrics) {
  const Verdict verdict = script_judged(GetParam().response);
  EXPECT_EQ(label(verdict.outcome), label(GetParam().outcome));
  EXPECT_THAT(verdict.detail, HasSubstr(GetParam().detail));
  EXPECT_EQ(verdict.script_output, nullptr);
  EXPECT_FALSE(verdict.dead);
}

INSTANTIATE_TEST_SUITE_P(
    Answers, ScriptCheckFails,
    testing::Values(
        Failing{"warning", printed("<br />\n<b>Warning</b>: secret"), Outcome::mismatch,
                "expected metrics in Prometheus' text format; line 1: no metric name at its start"},
        Failing{"warning_after_metrics", printed("a 1\nWarning: secret in /srv on line 3\n"),
                Outcome::mismatch, "line 2: a value that is no number"},
        Failing{"nothing", printed(""), Outcome::mismatch, "no metric at all"},
        Failing{"too_much", printed(std::string(exposition::kMaxScriptBytes + 1, '\n')),
                Outcome::mismatch, "longer than 1048576 bytes"},
        Failing{"not_found", with_status(404), Outcome::not_found, "status 404"},
        Failing{"error_page_with_metrics", with_status(500), Outcome::bad_status, "status 500"},
        Failing{"redirect", with_status(302), Outcome::bad_status, "status 302"},
        Failing{"exit_status", with_exit_status(255), Outcome::app_status, "exit status 255"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(ScriptCheck, NeverQuotesWhatWasPrinted) {
  for (const char* text : {"secret", "secret{secret=\"secret\"}", "a{b=secret} 1", "a secret",
                           "a 1 secret", "# TYPE a secret", "# HELP a secret\n# HELP a secret"}) {
    const Verdict verdict = script_judged(printed(text));
    EXPECT_EQ(verdict.outcome, Outcome::mismatch) << text;
    EXPECT_THAT(verdict.detail, Not(HasSubstr("secret"))) << text;
  }
}

}  // namespace
}  // namespace probe
