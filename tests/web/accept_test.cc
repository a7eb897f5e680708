#include "web/accept.h"

#include <gtest/gtest.h>

#include <string>

namespace web {
namespace {

using exposition::Format;

struct FormatCase {
  const char* name;
  const char* accept;
  Format want;
};

class ChooseFormat : public testing::TestWithParam<FormatCase> {};

TEST_P(ChooseFormat, TakesTheBestThatWeSpeak) {
  EXPECT_EQ(choose_format(GetParam().accept), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ChooseFormat,
    testing::Values(
        FormatCase{"nothing", "", Format::text_0_0_4}, FormatCase{"any", "*/*", Format::text_0_0_4},
        FormatCase{"browser", "text/html,application/xhtml+xml,*/*;q=0.8", Format::text_0_0_4},
        FormatCase{"prometheus_2_42",
                   "application/openmetrics-text;version=1.0.0,application/"
                   "openmetrics-text;version=0.0.1;q=0.75,"
                   "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                   Format::openmetrics_1_0},
        FormatCase{"prometheus_3_5",
                   "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                   "application/openmetrics-text;version=0.0.1;q=0.4,"
                   "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/"
                   "plain;version=0.0.4;q=0.2,*/*;q=0.1",
                   Format::openmetrics_1_0},
        FormatCase{"openmetrics_refused", "application/openmetrics-text;q=0", Format::text_0_0_4},
        FormatCase{"unknown_version_only", "application/openmetrics-text;version=2.0.0",
                   Format::text_0_0_4},
        FormatCase{"text_preferred", "application/openmetrics-text;q=0.3, text/plain;q=0.9",
                   Format::text_0_0_4},
        FormatCase{"no_number", "application/openmetrics-text;q=abc", Format::text_0_0_4},
        FormatCase{"only_separators", ",;,;;q=1,", Format::text_0_0_4}),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST(AcceptsGzip, OnlyWhenNamedAndNotRefused) {
  EXPECT_TRUE(accepts_gzip("gzip"));
  EXPECT_TRUE(accepts_gzip("deflate, GZIP;q=0.5"));
  EXPECT_FALSE(accepts_gzip(""));
  EXPECT_FALSE(accepts_gzip("gzip;q=0"));
  EXPECT_FALSE(accepts_gzip("br, x-gzip-not"));
}

TEST(AcceptsJson, OnlyWhenNamedAndNotRefused) {
  EXPECT_TRUE(accepts_json("text/html, application/json;q=0.2"));
  EXPECT_FALSE(accepts_json("*/*"));
  EXPECT_FALSE(accepts_json("application/json;q=0"));
}

}  // namespace
}  // namespace web
