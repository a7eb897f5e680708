#include "probe/expectation.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "probe/wording.h"

namespace probe {
namespace {

using Body = Expectation::Body;

constexpr int kLowestStatus = 100;
constexpr int kHighestStatus = 999;

// What PHP-FPM sends instead of its status page while another process holds the scoreboard's lock
// or is about to write to it. An application's own error page is a bad_status, so the whole shape
// is asked for.
struct ServerBusyPage {
  int status;
  std::string_view begins_with;
};
constexpr ServerBusyPage kServerBusyPages[] = {
    {503, "Server busy."},                                        // 7.4 and older
    {500, "Internal error. Please review log file for errors."},  // 8.2
};
constexpr std::size_t kMaxServerBusyPageBytes = 64;

bool is_server_busy_page(const fastcgi::Response& response) {
  if (response.body.size() > kMaxServerBusyPageBytes) return false;
  return std::ranges::any_of(kServerBusyPages, [&](const ServerBusyPage& page) {
    return response.status == page.status && response.body.starts_with(page.begins_with);
  });
}

Outcome outcome_of_status(const fastcgi::Response& response) {
  if (is_server_busy_page(response)) return Outcome::server_busy;
  if (response.status == 404) return Outcome::not_found;
  if (response.status == 403) return Outcome::access_denied;
  return Outcome::bad_status;
}

std::string quoted_body(std::string_view body) {
  return body.empty() ? "an empty body" : "the body " + in_quotes(body);
}

// What came: body and stderr, as far as there are any.
std::string what_came(const fastcgi::Response& response, DescribeBody describe) {
  std::string text = describe(response.body);
  if (!response.stderr_text.empty()) text += "; stderr " + in_quotes(response.stderr_text);
  return text;
}

std::string_view key(Body body) {
  switch (body) {
    case Body::contains:
      return "contains";
    case Body::equals:
      return "equals";
    case Body::regex:
      return "regex";
    case Body::not_contains:
      return "not_contains";
    case Body::not_regex:
      return "not_regex";
    case Body::any_answer:
      return "any_answer";
  }
  std::abort();
}

std::string problem_of(const Expectation& expectation) {
  const std::string where = "expect." + std::string(key(expectation.body)) + ": ";
  if (expectation.text.size() > kMaxExpectedTextBytes) {
    return where + "longer than " + byte_count(kMaxExpectedTextBytes) +
           "; look for a part of the answer that is shorter";
  }
  if (expectation.body == Body::not_contains && expectation.text.empty()) {
    return where + "every answer contains the empty text; write the text that must not come";
  }
  if (expectation.min_status < kLowestStatus || expectation.max_status > kHighestStatus ||
      expectation.min_status > expectation.max_status) {
    return "status: " + std::to_string(expectation.min_status) + ".." +
           std::to_string(expectation.max_status) +
           " is no range of statuses; write it like 200..299";
  }
  return {};
}

// A responder chooses the body, and the worst one costs the steps times its bytes: at this bound a
// third of a second, in which the worker's other targets wait.
std::string problem_of(const re2::RE2& regex) {
  if (!regex.ok()) return regex.error() + "; write a regular expression in RE2 syntax";
  if (regex.ProgramSize() <= kMaxRegexSteps) return {};
  return "takes " + std::to_string(regex.ProgramSize()) + " steps, and at most " +
         std::to_string(kMaxRegexSteps) +
         " are allowed; repeat less (.{0,50} and not .{0,500}), and write ranges such as [a-zé] in "
         "the place of \\p{L}";
}

std::unique_ptr<const re2::RE2> compile_regex(const Expectation& expectation) {
  if (expectation.body != Body::regex && expectation.body != Body::not_regex) return nullptr;
  re2::RE2::Options options;
  options.set_log_errors(false);  // the reason is returned, not printed on our stderr
  return std::make_unique<const re2::RE2>(expectation.text, options);
}

}  // namespace

CompiledExpectation::CompiledExpectation(Expectation expectation,
                                         std::unique_ptr<const re2::RE2> regex)
    : expectation_(std::move(expectation)), regex_(std::move(regex)) {}
CompiledExpectation::CompiledExpectation(CompiledExpectation&&) noexcept = default;
CompiledExpectation& CompiledExpectation::operator=(CompiledExpectation&&) noexcept = default;
CompiledExpectation::~CompiledExpectation() = default;

base::Result<CompiledExpectation> CompiledExpectation::compile(const Expectation& expectation) {
  if (std::string problem = problem_of(expectation); !problem.empty()) {
    return base::Unexpected{std::move(problem)};
  }
  std::unique_ptr<const re2::RE2> regex = compile_regex(expectation);
  if (std::string problem = regex ? problem_of(*regex) : ""; !problem.empty()) {
    return base::Unexpected{"expect." + std::string(key(expectation.body)) + ": " + problem};
  }
  return CompiledExpectation(expectation, std::move(regex));
}

Verdict CompiledExpectation::judge(const fastcgi::Response& response) const {
  if (expectation_.body == Body::any_answer) return make_verdict(Outcome::pass);
  if (auto refusal = refuse(response, quoted_body)) return *std::move(refusal);
  if (accepts_body(response.body)) return make_verdict(Outcome::pass);
  return make_verdict(Outcome::mismatch,
                      "expected " + wanted_body() + ", got " + what_came(response, quoted_body));
}

std::optional<Verdict> CompiledExpectation::refuse(const fastcgi::Response& response,
                                                   DescribeBody describe) const {
  if (!accepts_status(response.status)) {
    return make_verdict(outcome_of_status(response),
                        "status " + std::to_string(response.status) + ", expected " +
                            std::to_string(expectation_.min_status) + " to " +
                            std::to_string(expectation_.max_status) + "; got " +
                            what_came(response, describe));
  }
  if (response.app_status != 0) {
    return make_verdict(Outcome::app_status, "exit status " + std::to_string(response.app_status) +
                                                 ", expected 0; got " +
                                                 what_came(response, describe));
  }
  return std::nullopt;
}

bool CompiledExpectation::accepts_status(int status) const {
  return status >= expectation_.min_status && status <= expectation_.max_status;
}

bool CompiledExpectation::accepts_body(std::string_view body) const {
  const auto regex_matches = [&] {
    const std::string_view searched = body.substr(0, kMaxSearchedBytes);
    return re2::RE2::PartialMatch(re2::StringPiece(searched.data(), searched.size()), *regex_);
  };
  switch (expectation_.body) {
    case Body::contains:
      return body.find(expectation_.text) != std::string_view::npos;
    case Body::equals:
      return body == expectation_.text;
    case Body::regex:
      return regex_matches();
    case Body::not_contains:
      return body.find(expectation_.text) == std::string_view::npos;
    case Body::not_regex:
      return !regex_matches();
    case Body::any_answer:
      return true;
  }
  std::abort();
}

std::string CompiledExpectation::wanted_body() const {
  const std::string text = in_quotes(expectation_.text);
  switch (expectation_.body) {
    case Body::contains:
      return "a body with " + text;
    case Body::equals:
      return "exactly the body " + text;
    case Body::regex:
      return "a body that matches " + text;
    case Body::not_contains:
      return "a body without " + text;
    case Body::not_regex:
      return "a body that does not match " + text;
    case Body::any_answer:
      return "any answer";
  }
  std::abort();
}

}  // namespace probe
