// An Expectation made ready to judge whole answers: the regex compiled, the bounds checked.
// Immutable, so any thread may use it. What every kind of check that looks at status and body
// shares.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "fastcgi/response_reader.h"
#include "probe/check.h"

namespace re2 {
class RE2;
}

namespace probe {

// How a detail shows a body that was not wanted: in its own words, as far as they may be shown.
using DescribeBody = std::string (*)(std::string_view body);

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
  // The same without the body, for kinds that read it themselves: nothing when status and exit
  // status are as expected.
  std::optional<Verdict> refuse(const fastcgi::Response& response, DescribeBody describe) const;

 private:
  CompiledExpectation(Expectation expectation, std::unique_ptr<const re2::RE2> regex);

  bool accepts_status(int status) const;
  bool accepts_body(std::string_view body) const;
  std::string wanted_body() const;

  Expectation expectation_;
  std::unique_ptr<const re2::RE2> regex_;  // null unless the condition is a regex
};

}  // namespace probe
