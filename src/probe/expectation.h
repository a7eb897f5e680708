// An Expectation made ready to judge whole answers: the regex compiled, the bounds checked.
// Immutable, so any thread may use it. What every kind of check that looks at status and body
// shares.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "fastcgi/response_reader.h"
#include "probe/check.h"

namespace re2 {
class RE2;
}

namespace probe {

class CompiledExpectation {
 public:
  // Fails for a bad regex, a text that is too long, a range that is none, and a condition that
  // nothing can meet.
  static base::Result<CompiledExpectation> compile(const Expectation& expectation);

  CompiledExpectation(CompiledExpectation&&) noexcept;
  CompiledExpectation& operator=(CompiledExpectation&&) noexcept;
  ~CompiledExpectation();

  // Status before exit status before body: an error page is never called a mismatch.
  Verdict judge(const fastcgi::Response& response) const;

 private:
  CompiledExpectation(Expectation expectation, std::unique_ptr<const re2::RE2> regex);

  bool accepts_status(int status) const;
  bool accepts_body(std::string_view body) const;
  Verdict judge_status(const fastcgi::Response& response) const;
  std::string wanted_body() const;

  Expectation expectation_;
  std::unique_ptr<const re2::RE2> regex_;  // null unless the condition is a regex
};

}  // namespace probe
