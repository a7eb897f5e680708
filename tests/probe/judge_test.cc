// Attempts in, verdicts out: every outcome.
#include "probe/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "probe/attempts.h"

namespace probe {
namespace {

using testing::HasSubstr;

// A kind of check that finds every status page bad: what a kind says is passed on as it is.
class AlwaysBadStatusPage : public Check {
 public:
  AlwaysBadStatusPage() : Check("") {}
  Verdict judge_response(const fastcgi::Response&) const override {
    return make_verdict(Outcome::bad_status_page, "no key \"pool\"");
  }
};

const Check& ping_any_answer() {
  static const auto check =
      make_check(CheckSettings{.expect = {.body = Expectation::Body::any_answer}});
  return **check;
}

struct JudgeCase {
  const char* name;
  Attempt attempt;
  Outcome want;
  const char* detail;
};

const std::vector<JudgeCase>& cases_without_an_answer() {
  static const std::vector<JudgeCase> all = {
      {"no_such_name", failed(End::resolve_failed, 0, "php.default.svc: NXDOMAIN"),
       Outcome::resolve_failed, "php.default.svc: NXDOMAIN"},
      {"no_name_without_words", failed(End::resolve_failed, 0, ""), Outcome::resolve_failed,
       "no address was found"},
      {"silent_name_server", timed_out(Phase::resolve), Outcome::resolve_failed,
       "no answer from the name servers in 2.00 s"},
      {"silent_name_server_and_no_connect", looked_up_in_vain(2s), Outcome::resolve_failed,
       "no answer from the name servers in 2.00 s (resolve 2.00 s)"},
      {"econnrefused", connect_failed(ECONNREFUSED), Outcome::refused,
       "connect to /run/php/www.sock: Connection refused"},
      {"enoent", connect_failed(ENOENT), Outcome::no_socket,
       "connect to /run/php/www.sock: No such file or directory"},
      {"enotdir", connect_failed(ENOTDIR), Outcome::no_socket, "Not a directory"},
      {"eloop", connect_failed(ELOOP), Outcome::no_socket, "symbolic links"},
      {"enametoolong", connect_failed(ENAMETOOLONG), Outcome::no_socket, "too long"},
      {"eacces", connect_failed(EACCES), Outcome::permission_denied, "Permission denied"},
      {"eperm", connect_failed(EPERM), Outcome::permission_denied, "not permitted"},
      {"enetunreach", connect_failed(ENETUNREACH), Outcome::unreachable, "unreachable"},
      {"ehostunreach", connect_failed(EHOSTUNREACH), Outcome::unreachable, "No route to host"},
      {"enetdown", connect_failed(ENETDOWN), Outcome::unreachable, "Network is down"},
      {"ehostdown", connect_failed(EHOSTDOWN), Outcome::unreachable, "Host is down"},
      {"eaddrnotavail", connect_failed(EADDRNOTAVAIL), Outcome::unreachable, "assign"},
      {"eafnosupport", connect_failed(EAFNOSUPPORT), Outcome::unreachable, "not supported"},
      {"einval", connect_failed(EINVAL), Outcome::unreachable, "Invalid argument"},
      {"eagain", connect_failed(EAGAIN), Outcome::backlog_full, "temporarily unavailable"},
      {"etimedout", connect_failed(ETIMEDOUT), Outcome::connect_timeout, "timed out"},
      {"econnreset_while_connecting", connect_failed(ECONNRESET), Outcome::closed_without_answer,
       "reset"},
      {"econnaborted_while_connecting", connect_failed(ECONNABORTED),
       Outcome::closed_without_answer, "abort"},
      {"epipe_while_connecting", connect_failed(EPIPE), Outcome::closed_without_answer, "pipe"},
      {"datagram_socket", connect_failed(EPROTOTYPE), Outcome::not_fastcgi, "wrong type"},
      {"syn_lost", timed_out(Phase::connect), Outcome::connect_timeout,
       "no connection to 10.0.0.7:9000 in 2.00 s"},
      {"silence", timed_out(Phase::wait), Outcome::response_timeout,
       "no answer from 10.0.0.7:9000 in 2.00 s (connect 0.3 ms, wait 1.99 s); the listen queue "
       "cannot be read from here"},
      {"request_not_taken", timed_out(Phase::send), Outcome::response_timeout, "no answer"},
      {"half_an_answer", timed_out(Phase::receive, 24), Outcome::response_timeout,
       "only 24 bytes of an answer"},
      {"closed_at_once", closed(0), Outcome::closed_without_answer,
       "10.0.0.7:9000: closed the connection after 0 bytes"},
      {"reset_at_once", closed(0, ECONNRESET), Outcome::closed_without_answer,
       "10.0.0.7:9000: Connection reset by peer after 0 bytes"},
      {"closed_half_way", closed(176), Outcome::closed_early, "after 176 bytes"},
      {"reset_half_way", closed(1, ECONNRESET), Outcome::closed_early, "after 1 byte in"},
      {"broken_pipe", failed(End::send_failed, EPIPE, ""), Outcome::send_error,
       "send to 10.0.0.7:9000: Broken pipe"},
  };
  return all;
}

Attempt with_stderr(Attempt attempt, std::string text) {
  attempt.response.stderr_text = std::move(text);
  return attempt;
}

const std::vector<JudgeCase>& cases_with_an_answer() {
  using fastcgi::Progress;
  using fastcgi::ProtocolStatus;
  static const std::vector<JudgeCase> all = {
      {"pong", answered(200, "pong"), Outcome::pass, ""},
      {"overloaded", ended_with(ProtocolStatus::overloaded), Outcome::overloaded,
       "10.0.0.7:9000 ended the request with FCGI_OVERLOADED in 2.0 ms"},
      {"overloaded_and_says_why", with_stderr(ended_with(ProtocolStatus::overloaded), "all busy\n"),
       Outcome::overloaded, "FCGI_OVERLOADED in 2.0 ms; stderr \"all busy\""},
      {"scoreboard_locked", answered(503, "Server busy. Please try again later."),
       Outcome::server_busy, "status 503"},
      {"broken_record", malformed(Progress::protocol_error, "a record of another request"),
       Outcome::protocol_error, "after 17 bytes: a record of another request"},
      {"protocol_status_without_a_name", ended_with(static_cast<ProtocolStatus>(77)),
       Outcome::protocol_error, "protocol status 77"},
      {"http", malformed(Progress::not_fastcgi, "HTTP is spoken there"), Outcome::not_fastcgi,
       "HTTP is spoken there"},
      {"cannot_multiplex", ended_with(ProtocolStatus::cannot_multiplex), Outcome::cannot_multiplex,
       "FCGI_CANT_MPX_CONN"},
      {"unknown_role", ended_with(ProtocolStatus::unknown_role), Outcome::unknown_role,
       "FCGI_UNKNOWN_ROLE"},
      {"endless", malformed(Progress::too_large, "more than 1048576 bytes of output"),
       Outcome::response_too_large, "more than 1048576 bytes"},
      {"not_found", answered(404, "File not found.\n"), Outcome::not_found, "status 404"},
      {"access_denied", answered(403, "Access denied.\n"), Outcome::access_denied, "status 403"},
      {"server_error", answered(500, ""), Outcome::bad_status, "status 500"},
      {"exit_status", exit_status(3), Outcome::app_status, "exit status 3"},
      {"wrong_body", answered(200, "ping"), Outcome::mismatch, "\"ping\""},
  };
  return all;
}

std::vector<JudgeCase> cases() {
  std::vector<JudgeCase> all = cases_without_an_answer();
  all.insert(all.end(), cases_with_an_answer().begin(), cases_with_an_answer().end());
  return all;
}

TEST(Judge, GivesEachAttemptItsOutcome) {
  for (const JudgeCase& c : cases()) {
    SCOPED_TRACE(c.name);
    const Verdict verdict = judge(c.attempt, ping(), {});
    EXPECT_EQ(label(verdict.outcome), label(c.want));
    EXPECT_EQ(verdict.outcome_class, info(c.want).outcome_class);
    EXPECT_EQ(verdict.dead, info(c.want).dead);
    EXPECT_THAT(verdict.detail, HasSubstr(c.detail));
    EXPECT_LE(verdict.detail.size(), kMaxDetailBytes);
  }
}

TEST(Judge, PassesOnWhatTheCheckSays) {
  const Verdict verdict = judge(answered(200, "{}"), AlwaysBadStatusPage(), {});
  EXPECT_EQ(verdict.outcome, Outcome::bad_status_page);
  EXPECT_EQ(verdict.detail, "no key \"pool\"");
}

TEST(Judge, ReachesEveryOutcome) {
  std::set<Outcome> reached = {judge(answered(200, "{}"), AlwaysBadStatusPage(), {}).outcome};
  for (const JudgeCase& c : cases()) reached.insert(judge(c.attempt, ping(), {}).outcome);
  EXPECT_EQ(reached.size(), kOutcomeCount);
}

TEST(Judge, LetsAnyAnswerStandForWholeAnswersOnly) {
  for (const JudgeCase& c : cases()) {
    SCOPED_TRACE(c.name);
    const bool is_application_answer =
        c.attempt.end == End::answered &&
        c.attempt.response.protocol_status == fastcgi::ProtocolStatus::request_complete;
    const Outcome want = is_application_answer ? Outcome::pass : c.want;
    EXPECT_EQ(label(judge(c.attempt, ping_any_answer(), {}).outcome), label(want));
  }
}

TEST(Judge, CleansWhatComesFromOutside) {
  const Attempt attempt = malformed(fastcgi::Progress::protocol_error,
                                    "x\nlevel=error\x1b[2J" + std::string(9000, 'x'));
  const Verdict verdict = judge(attempt, ping(), {});
  EXPECT_LE(verdict.detail.size(), kMaxDetailBytes);
  EXPECT_EQ(verdict.detail.find_first_of("\n\x1b"), std::string::npos);
}

TEST(Judge, WeighsEvidenceForTimeoutsOnly) {
  const Evidence full = {ListenQueue{129, 128}, StatusAddressAnswer::no_idle_worker};
  for (const JudgeCase& c : cases()) {
    if (c.attempt.end == End::timed_out) continue;
    SCOPED_TRACE(c.name);
    const Verdict verdict = judge(c.attempt, ping(), full);
    EXPECT_EQ(verdict.outcome_class, info(c.want).outcome_class);
    EXPECT_EQ(verdict.dead, info(c.want).dead);
  }
}

}  // namespace
}  // namespace probe
