#include "config/rules.h"

#include <gtest/gtest.h>

namespace config {
namespace {

TEST(Names, AreOneToTwoHundredOfTheirCharacters) {
  EXPECT_EQ(name_problem("php8.2-www"), "");
  EXPECT_EQ(name_problem("a_b.c:d@e-F9"), "");
  EXPECT_EQ(name_problem(std::string(200, 'a')), "");
  for (const std::string bad : {"", "a b", "a/b", "\u00e9", "a\n", "a{}"}) {
    EXPECT_NE(name_problem(bad), "") << bad;
  }
  EXPECT_NE(name_problem(std::string(201, 'a')), "");
}

TEST(Names, CanBeMadeOfAnyText) {
  EXPECT_EQ(as_name("run/php my.sock"), "run-php-my.sock");
  EXPECT_EQ(name_problem(as_name(std::string(300, '%'))), "");
}

TEST(LabelText, CountsWhatStandsOnThePage) {
  Target target;
  target.name = "www";  // target="www", is 13 bytes
  target.labels = {{"a", std::string(kMaxLabelTextBytes - 13 - 5, 'x')}};
  EXPECT_EQ(label_text_problem(target), "");
  target.labels[0].second += "x";
  EXPECT_NE(label_text_problem(target), "");
  target.labels[0].second = std::string(kMaxLabelTextBytes / 2, '"');
  EXPECT_NE(label_text_problem(target), "") << "an escaped character counts twice";
}

TEST(Labels, OfOursAndOfPrometheusAreReserved) {
  for (const char* name : {"target",          "check",   "reason",    "phase",    "state",
                           "outcome",         "le",      "quantile",  "pool",     "child",
                           "scrape_uri",      "address", "transport", "module",   "source",
                           "process_manager", "job",     "instance",  "__name__", "__x"}) {
    EXPECT_NE(label_problem(name, "x"), "") << name;
  }
  for (const char* name : {"app", "_x", "Target", "le2"}) EXPECT_EQ(label_problem(name, "x"), "");
}

TEST(Params, APairMustFitOneRecord) {
  EXPECT_EQ(param_problem("A", std::string(65'535 - 8 - 1, 'x')), "");
  EXPECT_NE(param_problem("A", std::string(65'535 - 8, 'x')), "");
  EXPECT_EQ(param_problem("PHP_VALUE", "a=1\nb=2"), "");
}

TEST(Buckets, RiseAndAreAtMostTwentyFour) {
  std::vector<double> buckets;
  for (std::size_t i = 1; i <= kMaxBuckets; ++i) buckets.push_back(static_cast<double>(i));
  EXPECT_EQ(buckets_problem(buckets), "");
  EXPECT_NE(buckets_problem({1, 1}), "");
  EXPECT_NE(buckets_problem({-1, 1}), "");
}

}  // namespace
}  // namespace config
