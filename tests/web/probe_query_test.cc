#include "web/probe_query.h"

#include <gmock/gmock.h>

namespace web {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

base::Result<ProbeQuery> read(const std::string& query, const std::string& timeout = "") {
  http::Request request;
  request.query = query;
  request.scrape_timeout = timeout;
  return read_probe_query(request);
}

TEST(ProbeQuery, ReadsWhatPrometheusWrites) {
  const auto query = read("module=php_fpm&target=unix%3A%2Frun%2Fphp%2Fa.sock&debug=true", "9.5");
  ASSERT_TRUE(query) << query.error();
  EXPECT_EQ(query->target, "unix:/run/php/a.sock");
  EXPECT_EQ(query->module, "php_fpm");
  EXPECT_TRUE(query->debug);
  EXPECT_EQ(query->caller_waits, 9500ms);
}

TEST(ProbeQuery, HasDefaults) {
  const auto query = read("target=www");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->module, std::nullopt);
  EXPECT_FALSE(query->debug);
  EXPECT_EQ(query->caller_waits, std::nullopt);
  EXPECT_EQ(read("target=www", "0")->caller_waits, std::nullopt);
  EXPECT_FALSE(read("target=www&debug=false")->debug);
}

// blackbox_exporter decodes a target twice; then "%252e%252e" would be "..".
TEST(ProbeQuery, DecodesOnce) {
  EXPECT_EQ(read("target=%252e%252e")->target, "%2e%2e");
  EXPECT_EQ(read("target=a%2Bb+c")->target, "a+b c");
  EXPECT_EQ(read("%74arget=www")->target, "www");
}

struct Bad {
  const char* query;
  const char* timeout;
  const char* says;
};

TEST(ProbeQuery, SaysWhatIsWrong) {
  for (const Bad& bad :
       {Bad{"", "", "the target is missing"}, Bad{"target=", "", "the target is missing"},
        Bad{"module=ping", "", "the target is missing"},
        Bad{"target=a&target=b", "", "target is given twice"},
        Bad{"target=a&%74arget=b", "", "target is given twice"},
        Bad{"target=a&target=", "", "target is given twice"},
        Bad{"target=a&module=ping&module=x", "", "module is given twice"},
        Bad{"target=a&debug=1&debug=1", "", "debug is given twice"},
        Bad{"target=a&debug=yes", "", "debug is true or false, not \"yes\""},
        Bad{"target=a&SCRIPT_FILENAME=/x", "", "no parameter \"SCRIPT_FILENAME\""},
        Bad{"target=a&Target=b", "", "no parameter \"Target\""},
        Bad{"target=%zz", "", "without two hexadecimal digits"},
        Bad{"target=a", "soon", "a number of seconds such as 10 or 0.5"},
        Bad{"target=a", "-1", "a number of seconds"}, Bad{"target=a", "1s", "a number of seconds"},
        Bad{"target=a", "nan", "a number of seconds"},
        Bad{"target=a", "inf", "a number of seconds"},
        Bad{"target=a", "1e400", "a number of seconds"},
        Bad{"target=a", "0x10", "a number of seconds"}}) {
    const auto query = read(bad.query, bad.timeout);
    ASSERT_FALSE(query) << bad.query << " " << bad.timeout;
    EXPECT_THAT(query.error(), HasSubstr(bad.says));
  }
}

TEST(ProbeQuery, BoundsTheTime) {
  EXPECT_EQ(read("target=a", "99999999999999")->caller_waits, 24h);
}

}  // namespace
}  // namespace web
