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

}  // namespace

base::Result<std::unique_ptr<const Check>> make_ping_check(const CheckSettings& settings) {
  auto expectation = CompiledExpectation::compile(settings.expect);
  if (!expectation) return base::Unexpected{expectation.error()};
  return std::unique_ptr<const Check>(
      std::make_unique<PingCheck>(params_for_path(settings), std::move(expectation).value()));
}

}  // namespace probe
