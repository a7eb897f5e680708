#include "exposition/script_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace exposition {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ScriptOutput parsed(std::string_view text, const std::vector<std::string>& reserved = {}) {
  const auto output = parse_script_output(text, reserved);
  EXPECT_TRUE(output.has_value()) << output.error();
  return output ? *output : ScriptOutput{};
}

std::string reason(std::string_view text) {
  const auto output = parse_script_output(text, {});
  EXPECT_FALSE(output.has_value());
  return output ? "" : output.error();
}

std::vector<std::string> names(const ScriptOutput& output) {
  std::vector<std::string> all;
  for (const ScriptFamily& family : output.families) all.push_back(family.name);
  return all;
}

TEST(ScriptOutput, ReadsFamiliesWithTypeHelpAndSamples) {
  const ScriptOutput output = parsed(
      "# HELP phpfpm_a_total Things, \\\\ and\\nmore.\n"
      "# TYPE phpfpm_a_total counter\n"
      "phpfpm_a_total{reason=\"oom\"} 3\n"
      "phpfpm_a_total{reason=\"hash\"} 0\n"
      "\n"
      "php_b 0.5\n");
  EXPECT_EQ(output.series, 3U);
  EXPECT_EQ(output.refused, 0U);
  EXPECT_EQ(output.first_refusal, "");
  ASSERT_THAT(names(output), ElementsAre("php_b", "phpfpm_a_total"));
  const ScriptFamily& counter = output.families[1];
  EXPECT_EQ(counter.type, MetricType::counter);
  EXPECT_EQ(counter.help, "Things, \\ and more.");
  ASSERT_EQ(counter.samples.size(), 2U);
  EXPECT_EQ(counter.samples[0].label_text, R"(reason="oom")");
  EXPECT_EQ(counter.samples[0].value, 3);
  EXPECT_EQ(output.families[0].type, MetricType::untyped);
  EXPECT_EQ(output.families[0].help, "Printed by a script of the target.");
}

TEST(ScriptOutput, PutsAPrefixBeforeEveryNameButPhps) {
  EXPECT_THAT(names(parsed("app_jobs 1\nphp_a 1\nphpfpm_b 1\nphpx 1\nfastcgi_up 1\n:c 1\n")),
              ElementsAre("fastcgi_script_:c", "fastcgi_script_app_jobs",
                          "fastcgi_script_fastcgi_up", "fastcgi_script_phpx", "php_a", "phpfpm_b"));
}

TEST(ScriptOutput, SortsLabelsAndLeavesOutEmptyOnes) {
  const ScriptOutput output = parsed("php_a{z=\"1\",none=\"\",b=\"say \\\"hi\\\"\"} 1\n");
  EXPECT_EQ(output.families[0].samples[0].label_text, R"(b="say \"hi\"",z="1")");
}

TEST(ScriptOutput, TakesCarriageReturnsAndALastLineWithoutAnEnd) {
  const ScriptOutput output = parsed("# TYPE php_a gauge\r\nphp_a{b=\"1\"} 1\r\nphp_a 2");
  EXPECT_EQ(output.series, 2U);
  EXPECT_EQ(output.families[0].type, MetricType::gauge);
}

TEST(ScriptOutput, CleansWhatPrometheusWouldRefuse) {
  const std::string nul(1, '\0');
  const ScriptOutput output =
      parsed("# HELP php_a x\xff" + nul + "\x1b[2J\n" + "php_a{b=\"y\xfe" + nul + "\"} 1\n");
  EXPECT_EQ(output.families[0].help, "x\uFFFD\uFFFD\uFFFD[2J");
  EXPECT_EQ(output.families[0].samples[0].label_text, "b=\"y\uFFFD\uFFFD\"");
}

TEST(ScriptOutput, CutsAndTrimsHelp) {
  const ScriptOutput output = parsed("# HELP php_a " + std::string(3000, 'x') + "\nphp_a 1\n");
  EXPECT_EQ(output.families[0].help.size(), kMaxScriptHelpBytes);
  EXPECT_EQ(parsed("# HELP php_a \\n x \nphp_a 1\n").families[0].help, "x");
}

TEST(ScriptOutput, TakesACounterWithoutTotalAsUntyped) {
  const ScriptOutput output = parsed("# TYPE php_a counter\nphp_a NaN\n");
  EXPECT_EQ(output.families[0].name, "php_a");
  EXPECT_EQ(output.families[0].type, MetricType::untyped);
}

TEST(ScriptOutput, ReadsOpenMetricsToo) {
  const ScriptOutput output = parsed(
      "# TYPE php_a counter\n# UNIT php_a bytes\n# HELP php_a A.\n"
      "php_a_total{b=\"1\"} 5 1.5 # {trace=\"x\"} 1\nphp_a_total{b=\"2\"} 6\n"
      "php_a_created{b=\"1\"} 17\n"
      "# TYPE php_c unknown\nphp_c 1\n# EOF\n");
  EXPECT_EQ(output.refused, 0U);
  ASSERT_THAT(names(output), ElementsAre("php_a_total", "php_c"));
  EXPECT_EQ(output.families[0].type, MetricType::counter);
  EXPECT_EQ(output.families[0].help, "A.");
  EXPECT_EQ(output.families[0].samples.size(), 2U);
}

TEST(ScriptOutput, GivesSuffixedSamplesToTheirFamilyOnly) {
  const ScriptOutput output = parsed(
      "# TYPE php_s summary\nphp_s{quantile=\"0.5\"} NaN\nphp_s_sum 0\nphp_s_count 0\n"
      "# TYPE php_s_bucket gauge\nphp_s_bucket 1\n"
      "# TYPE php_g gauge\nphp_g 1\nphp_g_sum 2\nphp_g_total 3\nphp_g_created 4\n");
  EXPECT_EQ(output.refused, 0U);
  EXPECT_THAT(names(output), ElementsAre("php_g", "php_g_created", "php_g_sum", "php_g_total",
                                         "php_s", "php_s_bucket"));
}

TEST(ScriptOutput, PutsTheSeriesOfAHistogramInOrder) {
  const ScriptOutput output = parsed(
      "# TYPE php_h histogram\n"
      "php_h_count{x=\"1\"} 2\nphp_h_bucket{le=\"+Inf\",x=\"1\"} 2\n"
      "php_h_bucket{le=\"+Inf\"} 0\nphp_h_bucket{le=\"1\",x=\"1\"} 2\n"
      "php_h_bucket{le=\".50\",x=\"1\"} 1\nphp_h_sum{x=\"1\"} 1.5\n"
      "php_h_sum 0\nphp_h_count 0\n");
  ASSERT_EQ(output.families.size(), 1U);
  EXPECT_EQ(output.series, 8U);
  std::vector<std::string> lines;
  for (const auto& sample : output.families[0].samples) {
    lines.push_back(sample.suffix + '{' + sample.label_text + '}');
  }
  EXPECT_THAT(lines,
              ElementsAre(R"(_bucket{x="1",le="0.5"})", R"(_bucket{x="1",le="1.0"})",
                          R"(_bucket{x="1",le="+Inf"})", R"(_sum{x="1"})", R"(_count{x="1"})",
                          R"(_bucket{le="+Inf"})", "_sum{}", "_count{}"));
}

struct Broken {
  const char* name;
  const char* text;
  const char* refusal;
  std::size_t refused = 1;
};

void PrintTo(const Broken& shown, std::ostream* out) {
  *out << shown.name;
}

class ScriptOutputLeavesOut : public testing::TestWithParam<Broken> {};

// Every text begins with a good series, which must stay.
TEST_P(ScriptOutputLeavesOut, OnlyTheSeriesThatWouldSpoilAPage) {
  const ScriptOutput output =
      parsed("php_good 1\n" + std::string(GetParam().text), {"target", "app"});
  EXPECT_EQ(output.first_refusal, GetParam().refusal);
  EXPECT_EQ(output.refused, GetParam().refused);
  EXPECT_EQ(output.series, 1U);
  EXPECT_THAT(names(output), ElementsAre("php_good"));
}

INSTANTIATE_TEST_SUITE_P(
    Series, ScriptOutputLeavesOut,
    testing::Values(Broken{"twice", "php_good 2\n", "line 2, php_good: the same series twice"},
                    Broken{"twice_but_for_an_empty_label", "php_good{a=\"\"} 2\n",
                           "line 2, php_good: the same series twice"},
                    Broken{"label_of_the_target", "a{target=\"x\"} 1\n",
                           "line 2, a: its label \"target\" is one that the target brings itself"},
                    Broken{"static_label", "a{b=\"1\",app=\"\"} 1\n",
                           "line 2, a: its label \"app\" is one that the target brings itself"},
                    Broken{"label_of_prometheus", "a{__name__=\"x\"} 1\n",
                           "line 2, a: a label whose name starts with __ is Prometheus' own"},
                    Broken{"le_elsewhere", "a_bucket{le=\"1\"} 1\n",
                           "line 2, a_bucket: only a bucket of a histogram may have the label le"},
                    Broken{"quantile_elsewhere", "a{quantile=\"0.5\"} 1\n",
                           "line 2, a: only a summary may have the label quantile"},
                    Broken{"count_below_0", "# TYPE a_total counter\na_total -1\n",
                           "line 3, a_total: a count below 0, or that is no number"},
                    Broken{"count_of_nothing", "# TYPE a_total counter\na_total NaN\n",
                           "line 3, a_total: a count below 0, or that is no number"},
                    Broken{"first_of_several",
                           "a{target=\"x\"} 1\nb{target=\"x\"} 1\na{app=\"x\"} 1\n",
                           "line 2, a: its label \"target\" is one that the target brings itself",
                           3}),
    [](const auto& test) { return std::string(test.param.name); });

std::string refusal_of_histogram(std::string_view samples) {
  const ScriptOutput output = parsed(std::string("# TYPE h histogram\n").append(samples));
  EXPECT_EQ(output.series, 0U);
  EXPECT_GE(output.refused, 1U);
  return output.first_refusal.substr(output.first_refusal.find(':') + 2);
}

TEST(ScriptOutput, LeavesOutHistogramsThatAreNotWhole) {
  EXPECT_EQ(refusal_of_histogram("h 1\n"), "a histogram has _bucket, _sum and _count only");
  EXPECT_EQ(refusal_of_histogram("h_bucket 1\n"), "without the label le");
  EXPECT_EQ(refusal_of_histogram("h_bucket{le=\"x\"} 1\n"), "le is no number");
  EXPECT_EQ(refusal_of_histogram("h_bucket{le=\"NaN\"} 1\n"), "le is no number");
  EXPECT_EQ(refusal_of_histogram("h_sum{le=\"1\"} 1\n"),
            "only a bucket of a histogram may have the label le");
  EXPECT_EQ(refusal_of_histogram("h_sum 1\nh_count 1\n"),
            "a histogram without a bucket up to +Inf");
  EXPECT_EQ(refusal_of_histogram("h_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n"),
            "a histogram without a bucket up to +Inf");
  EXPECT_EQ(refusal_of_histogram("h_bucket{le=\"+Inf\"} 1\nh_count 1\n"),
            "a histogram without _sum or _count");
  EXPECT_EQ(refusal_of_histogram("h_bucket{le=\"+Inf\"} 1\nh_sum 1\n"),
            "a histogram without _sum or _count");
  EXPECT_EQ(refusal_of_histogram("h_bucket{le=\"+Inf\"} 1\nh_sum{a=\"1\"} 1\nh_count 1\n"),
            "a histogram without _sum or _count");
  EXPECT_EQ(
      refusal_of_histogram("h_bucket{le=\"-1\"} 1\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n"),
      "a histogram with a bucket below 0");
  EXPECT_EQ(
      refusal_of_histogram("h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n"),
      "a histogram whose buckets do not ascend");
  EXPECT_EQ(refusal_of_histogram("h_bucket{le=\"+Inf\"} 1.5\nh_sum 1\nh_count 1.5\n"),
            "a histogram with a part of an observation");
  EXPECT_EQ(refusal_of_histogram("h_bucket{le=\"+Inf\"} Inf\nh_sum 1\nh_count Inf\n"),
            "a histogram with a part of an observation");
  EXPECT_EQ(refusal_of_histogram("h_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n"),
            "a histogram whose +Inf bucket is not its count");
}

TEST(ScriptOutput, KeepsTheWholeHistogramsBesideABrokenOne) {
  const ScriptOutput output = parsed(
      "# TYPE h histogram\n"
      "h_bucket{a=\"1\",le=\"+Inf\"} 1\nh_sum{a=\"1\"} 1\n"
      "h_bucket{a=\"2\",le=\"+Inf\"} 1\nh_sum{a=\"2\"} 1\nh_count{a=\"2\"} 1\n");
  EXPECT_EQ(output.series, 3U);
  EXPECT_EQ(output.refused, 2U);
  EXPECT_EQ(output.first_refusal, "line 2, h: a histogram without _sum or _count");
}

TEST(ScriptOutput, LeavesOutBrokenPartsOfASummary) {
  const ScriptOutput output = parsed(
      "# TYPE s summary\n"
      "s{quantile=\"0.5\"} 1\ns{quantile=\"1\"} 2\ns_sum 3\ns_count 2\n"
      "s 1\ns{quantile=\"2\"} 1\ns{quantile=\"0.9\"} -1\ns_sum{a=\"1\"} NaN\ns_count{a=\"1\"} "
      "1.5\n");
  EXPECT_EQ(output.series, 4U);
  EXPECT_EQ(output.refused, 5U);
  EXPECT_EQ(output.first_refusal, "line 6, s: without the label quantile");
  EXPECT_EQ(output.families[0].samples[1].label_text, R"(quantile="1.0")");
}

TEST(ScriptOutput, HasNoTwoFamiliesThatOpenMetricsWouldTakeForOne) {
  const auto kept = [](std::string_view text) { return names(parsed(text)); };
  EXPECT_THAT(kept("# TYPE php_a_total counter\nphp_a_total 1\nphp_a 1\nphp_a_created 1\n"),
              ElementsAre("php_a_total"));
  EXPECT_THAT(kept("php_a 1\n# TYPE php_a_total counter\nphp_a_total 1\n"), ElementsAre("php_a"));
  EXPECT_THAT(kept("php_a_count 1\n# TYPE php_a summary\nphp_a{quantile=\"0\"} 1\n"),
              ElementsAre("php_a_count"));
  EXPECT_THAT(kept("php_a 1\nphp_a_total 1\nphp_a_count 1\n"),
              ElementsAre("php_a", "php_a_count", "php_a_total"));
}

TEST(ScriptOutput, KeepsNoMoreThanItsBoundsAndCountsTheRest) {
  std::string text = "# TYPE php_a gauge\n";
  for (std::size_t i = 0; i < kMaxScriptSeries + 5; ++i) {
    text += "php_a{i=\"" + std::to_string(i) + "\"} 1\n";
  }
  const ScriptOutput output = parsed(text + "# TYPE php_b gauge\nphp_b 1\n");
  EXPECT_EQ(output.series, kMaxScriptSeries);
  EXPECT_EQ(output.refused, 6U);
  EXPECT_EQ(output.first_refusal, "line 2002, php_a: more than 2000 series");
}

TEST(ScriptOutput, BoundsNamesAndLabels) {
  const std::string longest(kMaxScriptNameBytes, 'n');
  const std::string labels(kMaxScriptLabelBytes - 4, 'v');
  const ScriptOutput fits = parsed(longest + "{a=\"" + labels + "\"} 1\n");
  EXPECT_EQ(fits.refused, 0U);
  EXPECT_EQ(fits.families[0].samples[0].label_text.size(), kMaxScriptLabelBytes);
  EXPECT_THAT(parsed(longest + "n 1\n").first_refusal, HasSubstr("a name longer than 200 bytes"));
  EXPECT_THAT(parsed("a{a=\"" + labels + "v\"} 1\n").first_refusal,
              HasSubstr("labels longer than 4096 bytes"));
  // Three bytes on the page for one in the text.
  EXPECT_THAT(parsed("a{a=\"" + std::string(1400, '\xff') + "\"} 1\n").first_refusal,
              HasSubstr("labels longer than 4096 bytes"));
}

TEST(ScriptOutput, SaysWhichLineIsNoMetricButNotWhatItSays) {
  EXPECT_EQ(reason("php_a 1\n<b>Warning</b>: secret in /srv\n"),
            "line 2: no metric name at its start");
  EXPECT_EQ(reason("# HELP a x\n# HELP a y\na 1\n"), "line 2: a second HELP for a metric");
  EXPECT_EQ(reason("# TYPE a gauge\n# TYPE a gauge\na 1\n"), "line 2: a second TYPE for a metric");
  EXPECT_EQ(reason("a 1\n\n# TYPE a gauge\n"), "line 3: a TYPE after samples of its metric");
  EXPECT_EQ(reason(""), "no metric at all");
  EXPECT_EQ(reason("# TYPE a gauge\n# EOF\n"), "no metric at all");
  EXPECT_EQ(reason(std::string(kMaxScriptBytes + 1, '\n')), "longer than 1048576 bytes");
}

TEST(ScriptOutput, EndsEarlyAtATextOfNamesOnly) {
  std::string declared;
  std::string refused;
  for (std::size_t i = 0; i <= kMaxScriptSeries; ++i) {
    declared += "# TYPE n" + std::to_string(i) + " gauge\n";
    refused += "n" + std::to_string(i) + "{__a=\"1\"} 1\n";
  }
  EXPECT_EQ(reason(declared), "line 2001: more than 2000 metrics");
  EXPECT_EQ(reason(refused), "line 2001: more than 2000 metrics");
}

TEST(ScriptOutput, NamesWhatAFamilyTakesUp) {
  EXPECT_THAT(taken_names("a", MetricType::gauge), ElementsAre("a"));
  EXPECT_THAT(taken_names("a", MetricType::untyped), ElementsAre("a"));
  EXPECT_THAT(taken_names("a_total", MetricType::counter),
              ElementsAre("a_total", "a", "a_created"));
  EXPECT_THAT(taken_names("a", MetricType::summary),
              ElementsAre("a", "a_sum", "a_count", "a_created"));
  EXPECT_THAT(taken_names("a", MetricType::histogram),
              ElementsAre("a", "a_bucket", "a_sum", "a_count", "a_created"));
}

}  // namespace
}  // namespace exposition
