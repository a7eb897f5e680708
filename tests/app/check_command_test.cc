// What needs no responder; the rest of `check` is tested end to end.
#include "app/check_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace app {
namespace {

struct Ran {
  int code;
  std::string out, err;
};

Ran run(const CheckOptions& options) {
  std::ostringstream out, err;
  const int code = run_check(options, config::Config{}, out, err);
  return {code, out.str(), err.str()};
}

TEST(CheckCommand, WantsExactlyOneSubject) {
  EXPECT_EQ(run({}).code, kExitUsage);
  EXPECT_THAT(run({}).err, testing::HasSubstr("--self"));
  CheckOptions both;
  both.subject = "127.0.0.1:9000";
  both.ask_self = true;
  EXPECT_EQ(run(both).code, kExitUsage);
}

TEST(CheckCommand, NamesAModuleThatIsNotThere) {
  CheckOptions options;
  options.subject = "127.0.0.1:9000";
  options.module = "nope";
  EXPECT_EQ(run(options).code, kExitUsage);
  EXPECT_THAT(run(options).err, testing::HasSubstr("\"nope\""));
}

}  // namespace
}  // namespace app
