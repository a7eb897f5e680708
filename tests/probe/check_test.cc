#include "probe/check.h"
#include "probe/checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

namespace probe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::vector<std::string> values_of(const fastcgi::Params& params, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& [key, value] : params) {
    if (key == name) values.push_back(value);
  }
  return values;
}

TEST(DefaultParams, AreTheSetThatEveryResponderAccepts) {
  CheckSettings settings;
  settings.path = "/status";
  settings.server_name = "php";
  settings.server_port = "9000";
  EXPECT_THAT(default_params(settings, "json"),
              ElementsAre(Pair("SCRIPT_FILENAME", "/status"), Pair("SCRIPT_NAME", "/status"),
                          Pair("REQUEST_METHOD", "GET"), Pair("QUERY_STRING", "json"),
                          Pair("REQUEST_URI", "/status?json"), Pair("DOCUMENT_URI", "/status"),
                          Pair("SERVER_PROTOCOL", "HTTP/1.1"), Pair("GATEWAY_INTERFACE", "CGI/1.1"),
                          Pair("SERVER_SOFTWARE", "fastcgi_exporter"),
                          Pair("REMOTE_ADDR", "127.0.0.1"), Pair("SERVER_ADDR", "127.0.0.1"),
                          Pair("SERVER_PORT", "9000"), Pair("SERVER_NAME", "php")));
}

TEST(DefaultParams, HaveNoQuestionMarkWithoutAQuery) {
  CheckSettings settings;
  settings.path = "/fpm-ping";
  EXPECT_THAT(values_of(default_params(settings, ""), "REQUEST_URI"), ElementsAre("/fpm-ping"));
}

TEST(LayOver, ReplacesInPlaceAndAddsAtTheEnd) {
  const fastcgi::Params defaults = {{"A", "1"}, {"B", "2"}, {"C", "3"}};
  EXPECT_THAT(lay_over(defaults, {{"B", "two"}, {"D", "4"}}),
              ElementsAre(Pair("A", "1"), Pair("B", "two"), Pair("C", "3"), Pair("D", "4")));
}

TEST(LayOver, KeepsOneEntryOfANameGivenTwice) {
  EXPECT_THAT(lay_over({}, {{"A", "1"}, {"A", "2"}}), ElementsAre(Pair("A", "2")));
}

TEST(LayOver, TakesNamesLiterally) {  // FastCGI names are compared byte for byte
  EXPECT_THAT(lay_over({{"A", "1"}}, {{"a", "2"}}), ElementsAre(Pair("A", "1"), Pair("a", "2")));
}

TEST(PingCheck, LetsTheModuleSayWhichScriptFilenameIsSent) {
  CheckSettings settings;
  settings.params = {{"SCRIPT_FILENAME", "/usr/lib/cgi-bin/health"}, {"HTTP_HOST", "shop.example"}};
  const fastcgi::Params params = params_of(settings);
  EXPECT_THAT(values_of(params, "SCRIPT_FILENAME"), ElementsAre("/usr/lib/cgi-bin/health"));
  EXPECT_THAT(values_of(params, "SCRIPT_NAME"), ElementsAre("/fpm-ping"));
  EXPECT_THAT(values_of(params, "HTTP_HOST"), ElementsAre("shop.example"));
}

TEST(PingCheck, SendsAQueryApartFromTheScriptName) {
  CheckSettings settings;
  settings.path = "/health.php?deep=1&db=?";
  const fastcgi::Params params = params_of(settings);
  EXPECT_THAT(values_of(params, "SCRIPT_NAME"), ElementsAre("/health.php"));
  EXPECT_THAT(values_of(params, "SCRIPT_FILENAME"), ElementsAre("/health.php"));
  EXPECT_THAT(values_of(params, "QUERY_STRING"), ElementsAre("deep=1&db=?"));
  EXPECT_THAT(values_of(params, "REQUEST_URI"), ElementsAre("/health.php?deep=1&db=?"));
}

TEST(CheckKinds, HaveNamesHelpAndAMaker) {
  ASSERT_FALSE(check_kinds().empty());
  for (const CheckKind& kind : check_kinds()) {
    CheckSettings settings;
    settings.kind = std::string(kind.name);
    settings.path = "/x.php";
    EXPECT_TRUE(make_check(settings).has_value()) << kind.name;
    EXPECT_FALSE(kind.help.empty()) << kind.name;
  }
}

TEST(CheckKinds, HaveTheDefaultPathsOfPhpFpmsExampleOrNone) {
  EXPECT_EQ(default_path("ping"), "/fpm-ping");
  EXPECT_EQ(default_path("status"), "/status");
  EXPECT_EQ(default_path("no such kind"), "");
}

TEST(MakeCheck, FillsInTheDefaultPathOfTheKind) {
  for (const char* kind : {"ping", "status"}) {
    CheckSettings settings;
    settings.kind = kind;
    EXPECT_THAT(values_of(params_of(settings), "SCRIPT_NAME"),
                ElementsAre(std::string(default_path(kind))));
  }
}

TEST(MakeCheck, TakesARegularExpressionAsItsTextsAdvise) {
  for (const char* text : {"ok.{0,50}", "^[a-zé]+$", "(?i)\"status\":\\s*\"(up|ok)\""}) {
    CheckSettings settings;
    settings.expect.body = Expectation::Body::regex;
    settings.expect.text = text;
    EXPECT_TRUE(make_check(settings).has_value()) << text;
  }
}

struct BadSettings {
  const char* name;
  void (*spoil)(CheckSettings& settings);
  const char* reason;
};

void PrintTo(const BadSettings& shown, std::ostream* out) {
  *out << shown.name;
}

class MakeCheckRefuses : public testing::TestWithParam<BadSettings> {};

TEST_P(MakeCheckRefuses, WithAReasonThatSaysWhatToWrite) {
  CheckSettings settings;
  GetParam().spoil(settings);
  const auto check = make_check(settings);
  ASSERT_FALSE(check.has_value());
  EXPECT_THAT(check.error(), HasSubstr(GetParam().reason));
}

using Body = Expectation::Body;

INSTANTIATE_TEST_SUITE_P(
    BadSettings, MakeCheckRefuses,
    testing::Values(
        BadSettings{"unknown_kind", [](CheckSettings& s) { s.kind = "pong"; },
                    "kind: \"pong\" is no kind of check; write one of: ping"},
        BadSettings{"bad_regex",
                    [](CheckSettings& s) {
                      s.expect.body = Body::regex;
                      s.expect.text = "po(ng";
                    },
                    "expect.regex: missing ): po(ng; write a regular expression in RE2 syntax"},
        BadSettings{"bad_not_regex",
                    [](CheckSettings& s) {
                      s.expect.body = Body::not_regex;
                      s.expect.text = "[";
                    },
                    "expect.not_regex: missing ]: [; write a regular expression in RE2 syntax"},
        BadSettings{"regex_that_needs_too_much_memory",
                    [](CheckSettings& s) {
                      s.expect.body = Body::regex;
                      s.expect.text = "((a{100}){100}){100}";
                    },
                    "expect.regex: "},
        BadSettings{
            "regex_that_a_body_could_make_slow",
            [](CheckSettings& s) {
              s.expect.body = Body::regex;
              s.expect.text = "(?s)ok.{0,100}end";
            },
            "expect.regex: takes 809 steps, and at most 500 are allowed; repeat less (.{0,50} and"},
        BadSettings{"long_text",
                    [](CheckSettings& s) { s.expect.text.assign(kMaxExpectedTextBytes + 1, 'x'); },
                    "expect.contains: longer than 4096 bytes; look for a part"},
        BadSettings{"nothing_meets_it",
                    [](CheckSettings& s) {
                      s.expect.body = Body::not_contains;
                      s.expect.text = "";
                    },
                    "expect.not_contains: every answer contains the empty text"},
        BadSettings{"status_range_backwards",
                    [](CheckSettings& s) {
                      s.expect.min_status = 299;
                      s.expect.max_status = 200;
                    },
                    "status: 299..200 is no range of statuses; write it like 200..299"},
        BadSettings{"status_below_100", [](CheckSettings& s) { s.expect.min_status = 99; },
                    "status: 99..299 is no range"},
        BadSettings{"status_above_999", [](CheckSettings& s) { s.expect.max_status = 1000; },
                    "status: 200..1000 is no range"},
        BadSettings{"parameter_that_fits_no_record",
                    [](CheckSettings& s) {
                      s.params = {{"HTTP_X_HUGE", std::string(70000, 'x')}};
                    },
                    "params: "}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(MakeVerdict, TakesClassAndDeadFromTheTable) {
  const Verdict verdict = make_verdict(Outcome::refused, "connect: Connection refused");
  EXPECT_EQ(verdict.outcome, Outcome::refused);
  EXPECT_EQ(verdict.outcome_class, OutcomeClass::fail);
  EXPECT_TRUE(verdict.dead);
  EXPECT_EQ(verdict.detail, "connect: Connection refused");
}

TEST(MakeVerdict, CleansAndBoundsTheDetail) {
  const Verdict verdict =
      make_verdict(Outcome::mismatch, "a\nlevel=error" + std::string(9000, 'x'));
  EXPECT_LE(verdict.detail.size(), kMaxDetailBytes);
  EXPECT_EQ(verdict.detail.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace probe
