#include "probe/ping_check.h"

#include <string>
#include <utility>

#include "probe/expectation.h"

namespace probe {
namespace {

class PingCheck final : public Check {
 public:
  PingCheck(std::string request, CompiledExpectation expectation)
      : Check(std::move(request)), expectation_(std::move(expectation)) {}

  Verdict judge_response(const fastcgi::Response& response) const override {
    return expectation_.judge(response);
  }

 private:
  CompiledExpectation expectation_;
};

}  // namespace

base::Result<std::unique_ptr<const Check>> make_ping_check(const CheckSettings& settings,
                                                           std::string request) {
  auto expectation = CompiledExpectation::compile(settings.expect);
  if (!expectation) return base::Unexpected{expectation.error()};
  return std::unique_ptr<const Check>(
      std::make_unique<PingCheck>(std::move(request), std::move(expectation).value()));
}

}  // namespace probe
