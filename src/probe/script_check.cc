#include "probe/script_check.h"

#include <filesystem>
#include <string>
#include <utility>

#include "exposition/script_output.h"
#include "phpfpm/status_page.h"
#include "probe/expectation.h"

namespace probe {
namespace {

// For people: a pass can still mean that something is missing.
std::string what_is_left_out(const exposition::ScriptOutput& output) {
  if (output.refused == 0) return {};
  return "left out " + std::to_string(output.refused) + " of " +
         std::to_string(output.refused + output.series) +
         " series; the first: " + output.first_refusal;
}

// What a script printed with a status of success is never quoted: it is the application's own.
class ScriptCheck final : public Check {
 public:
  ScriptCheck(std::string request, CompiledExpectation any_success,
              std::vector<std::string> reserved_labels)
      : Check(std::move(request)),
        any_success_(std::move(any_success)),
        reserved_labels_(std::move(reserved_labels)) {}

  Verdict judge_response(const fastcgi::Response& response) const override {
    if (auto refusal = any_success_.refuse(response, phpfpm::describe_body)) {
      return *std::move(refusal);
    }
    auto output = exposition::parse_script_output(response.body, reserved_labels_);
    if (!output) {
      return make_verdict(Outcome::mismatch,
                          "expected metrics in Prometheus' text format; " + output.error());
    }
    Verdict verdict = make_verdict(Outcome::pass, what_is_left_out(*output));
    verdict.script_output =
        std::make_shared<const exposition::ScriptOutput>(std::move(output).value());
    return verdict;
  }

 private:
  CompiledExpectation any_success_;  // of status and exit status; the body is ours to read
  std::vector<std::string> reserved_labels_;
};

}  // namespace

fastcgi::Params script_params(const CheckSettings& settings) {
  const std::filesystem::path path = settings.path.substr(0, settings.path.find('?'));
  return lay_over({{"DOCUMENT_ROOT", path.parent_path().string()}}, params_for_path(settings));
}

base::Result<std::unique_ptr<const Check>> make_script_check(const CheckSettings& settings,
                                                             std::string request) {
  auto any_success = CompiledExpectation::compile(Expectation{});
  if (!any_success) return base::Unexpected{any_success.error()};
  return std::unique_ptr<const Check>(std::make_unique<ScriptCheck>(
      std::move(request), std::move(any_success).value(), settings.reserved_labels));
}

}  // namespace probe
