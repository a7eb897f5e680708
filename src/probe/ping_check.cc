#include "probe/ping_check.h"

#include <string>
#include <utility>

#include "probe/expectation.h"

namespace probe {
namespace {

class PingCheck final : public Check {
 public:
  PingCheck(fastcgi::Params params, CompiledExpectation expectation)
      : params_(std::move(params)), expectation_(std::move(expectation)) {}

  fastcgi::Params params() const override { return params_; }
  Verdict judge_response(const fastcgi::Response& response) const override {
    return expectation_.judge(response);
  }

 private:
  fastcgi::Params params_;
  CompiledExpectation expectation_;
};

// PHP-FPM compares SCRIPT_NAME with ping.path byte for byte, so a query must not stay in the path.
fastcgi::Params ping_params(const CheckSettings& settings) {
  CheckSettings script = settings;
  std::string query;
  if (const std::size_t mark = settings.path.find('?'); mark != std::string::npos) {
    query = settings.path.substr(mark + 1);
    script.path.resize(mark);
  }
  return lay_over(default_params(script, query), settings.params);
}

}  // namespace

base::Result<std::unique_ptr<const Check>> make_ping_check(const CheckSettings& settings) {
  auto expectation = CompiledExpectation::compile(settings.expect);
  if (!expectation) return base::Unexpected{expectation.error()};
  return std::unique_ptr<const Check>(
      std::make_unique<PingCheck>(ping_params(settings), std::move(expectation).value()));
}

}  // namespace probe
