#include "probe/status_check.h"

#include <optional>
#include <string>
#include <utility>

#include "fastcgi/cgi_headers.h"
#include "phpfpm/status_page.h"
#include "probe/expectation.h"

namespace probe {
namespace {

constexpr std::size_t kMaxRecordBytes = 65'535;  // its length is two bytes

// PHP-FPM's status page looks for these words in QUERY_STRING. `full` brings the list of processes.
std::string_view query_for(ProcessDetails details) {
  return details == ProcessDetails::off ? "json" : "json&full";
}

phpfpm::Keep kept_of(ProcessDetails details) {
  return details == ProcessDetails::per_process ? phpfpm::Keep::processes : phpfpm::Keep::summary;
}

class StatusCheck final : public Check {
 public:
  StatusCheck(std::string request, CompiledExpectation any_success, ProcessDetails details)
      : Check(std::move(request)), any_success_(std::move(any_success)), details_(details) {}

  Verdict judge_response(const fastcgi::Response& response) const override;
  std::optional<Verdict> judge_beginning(std::string_view output) const override;

 private:
  CompiledExpectation any_success_;  // of status and exit status; the body is ours to read
  ProcessDetails details_;
};

// An error page may well be JSON: the status comes before the body. No detail quotes a page, which
// holds what users of the pool have asked for.
Verdict StatusCheck::judge_response(const fastcgi::Response& response) const {
  if (auto refusal = any_success_.refuse(response, phpfpm::describe_body)) {
    return *std::move(refusal);
  }
  auto page = phpfpm::parse_status_page(response.body, kept_of(details_));
  if (!page) {
    return make_verdict(Outcome::bad_status_page,
                        "expected PHP-FPM's status page in JSON, got " + page.error());
  }
  Verdict verdict = make_verdict(Outcome::pass);
  verdict.status_page = std::make_shared<const phpfpm::StatusPage>(std::move(page).value());
  return verdict;
}

// The pool's figures come before its list of processes, which grows with what clients ask for: that
// the list is too long says nothing against the pool.
std::optional<Verdict> StatusCheck::judge_beginning(std::string_view output) const {
  // Else stderr has no end, or there is no list that could be too long.
  const bool is_too_long = output.size() + kMaxRecordBytes > fastcgi::kMaxAnswerBytes;
  if (!is_too_long || details_ == ProcessDetails::off) return std::nullopt;
  const auto parts = fastcgi::split_output(output);
  const auto status = parts ? fastcgi::status_of(parts->headers) : std::nullopt;
  if (!status) return std::nullopt;
  fastcgi::Response beginning;
  beginning.status = *status;
  beginning.body = parts->body;
  Verdict verdict = judge_response(beginning);
  if (!verdict.status_page) return std::nullopt;
  verdict.detail =
      "the list of processes is too large and is left out; process_details: off does "
      "not ask for it";
  return verdict;
}

}  // namespace

fastcgi::Params status_params(const CheckSettings& settings) {
  return lay_over(default_params(settings, query_for(settings.process_details)), settings.params);
}

base::Result<std::unique_ptr<const Check>> make_status_check(const CheckSettings& settings,
                                                             std::string request) {
  if (settings.path.find('?') != std::string::npos) {
    return base::Unexpected{
        "path: a status page is asked for without a query; remove what follows the ?, and say with "
        "process_details what to ask for"};
  }
  auto any_success = CompiledExpectation::compile(Expectation{});
  if (!any_success) return base::Unexpected{any_success.error()};
  return std::unique_ptr<const Check>(std::make_unique<StatusCheck>(
      std::move(request), std::move(any_success).value(), settings.process_details));
}

}  // namespace probe
