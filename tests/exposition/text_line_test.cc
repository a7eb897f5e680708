#include "exposition/text_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <ostream>
#include <string>

namespace exposition {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using Kind = TextLine::Kind;

TextLine read(std::string_view text) {
  const auto line = read_text_line(text);
  EXPECT_TRUE(line.has_value()) << line.error();
  return line.value();
}

TEST(TextLine, ReadsOverWhatSaysNothing) {
  for (const char* text : {"", "  \t", "# a comment", "#", "# EOF", "# UNIT a_seconds seconds",
                           "# HELP", "# TYPE ", "#!/usr/bin/php", "# \xff\x01"}) {
    EXPECT_EQ(read(text).kind, Kind::nothing) << text;
  }
}

TEST(TextLine, ReadsHelpAndUndoesItsEscapes) {
  const TextLine line = read(R"(# HELP app_jobs  Jobs "now" \\ two\nlines, C:\dir \"said\")");
  EXPECT_EQ(line.kind, Kind::help);
  EXPECT_EQ(line.name, "app_jobs");
  EXPECT_EQ(line.help, "Jobs \"now\" \\ two\nlines, C:\\dir \"said\"");
  EXPECT_EQ(read("# HELP app_jobs").help, "");
  EXPECT_EQ(read("#HELP app_jobs x").help, "x");
}

TEST(TextLine, ReadsEveryTypeOfTheFormat) {
  for (const MetricType type : {MetricType::gauge, MetricType::counter, MetricType::histogram,
                                MetricType::summary, MetricType::untyped}) {
    const std::string text = "# TYPE a " + std::string(label(type)) + " ";
    const TextLine line = read(text);
    EXPECT_EQ(line.kind, Kind::type);
    EXPECT_EQ(line.name, "a");
    EXPECT_EQ(line.type, type);
  }
  EXPECT_EQ(read("# TYPE a unknown").type, MetricType::untyped);
}

TEST(TextLine, ReadsASampleWithAndWithoutLabels) {
  const TextLine plain = read("app:jobs_1 12.5");
  EXPECT_EQ(plain.kind, Kind::sample);
  EXPECT_EQ(plain.name, "app:jobs_1");
  EXPECT_THAT(plain.labels, IsEmpty());
  EXPECT_EQ(plain.value, 12.5);
  for (const char* text :
       {R"(a{b="1",c="2"} 3)", R"(a{b="1",c="2",} 3)", "\ta { b = \"1\" ,\tc=\"2\" , } \t 3 "}) {
    const TextLine line = read(text);
    EXPECT_EQ(line.name, "a") << text;
    EXPECT_THAT(line.labels, ElementsAre(Pair("b", "1"), Pair("c", "2"))) << text;
    EXPECT_EQ(line.value, 3) << text;
  }
  EXPECT_THAT(read("a{} 3").labels, IsEmpty());
}

TEST(TextLine, UndoesTheEscapesOfALabelValue) {
  EXPECT_THAT(read(R"(a{b="say \"hi\", {C:\\run}\n # x"} 1)").labels,
              ElementsAre(Pair("b", "say \"hi\", {C:\\run}\n # x")));
}

TEST(TextLine, DropsTimestampsAndExemplars) {
  for (const char* text : {"a 5 1395066363000", "a 5 -1", "a 5 1520879607.789", "a 5 17 ",
                           R"(a 5 # {trace="x"} 0.7 1.5)", R"(a 5 1.5 # {trace="x"} 0.7)"}) {
    EXPECT_EQ(read(text).value, 5) << text;
  }
}

TEST(TextLine, KnowsNumbersAsPhpAndGoWriteThem) {
  const auto value = [](const char* number) { return read_number(number).value_or(-99); };
  EXPECT_EQ(value("+1"), 1);
  EXPECT_EQ(value("-0.5"), -0.5);
  EXPECT_EQ(value(".5"), 0.5);
  EXPECT_EQ(value("5."), 5);
  EXPECT_EQ(value("1.0E-5"), 1e-5);
  EXPECT_EQ(value("1e+06"), 1e6);
  EXPECT_EQ(value("18446744073709551615"), 18446744073709551615.0);
  for (const char* word : {"Inf", "+Inf", "INF", "inf", "Infinity"}) {
    EXPECT_EQ(value(word), HUGE_VAL) << word;
  }
  EXPECT_EQ(value("-Inf"), -HUGE_VAL);
  for (const char* word : {"NaN", "NAN", "nan"}) EXPECT_TRUE(std::isnan(value(word))) << word;
}

TEST(TextLine, KnowsWhatIsNoNumber) {
  for (const char* text : {"", "+", "-", ".", "+-1", "--1", "1,5", "0x10", "1_000", "1e", "1e999",
                           "nan(1)", "infinit", "1 ", " 1", "1\r", "e5"}) {
    EXPECT_FALSE(read_number(text).has_value()) << text;
  }
}

struct BadLine {
  const char* name;
  std::string line;
  const char* reason;
};

void PrintTo(const BadLine& shown, std::ostream* out) {
  *out << shown.name;
}

class TextLineRefuses : public testing::TestWithParam<BadLine> {};

TEST_P(TextLineRefuses, WithoutAWordOfTheLine) {
  const auto line = read_text_line(GetParam().line);
  ASSERT_FALSE(line.has_value());
  EXPECT_EQ(line.error(), GetParam().reason);
}

const std::string kNoEnd =
    "a label value that does not end, or with a backslash before another letter";

std::string many_labels(std::size_t count) {
  std::string text = "a{";
  for (std::size_t i = 0; i < count; ++i) text += "l" + std::to_string(i) + "=\"\",";
  return text + "} 1";
}

INSTANTIATE_TEST_SUITE_P(
    Lines, TextLineRefuses,
    testing::Values(
        BadLine{"html", "<br />", "no metric name at its start"},
        BadLine{"json", R"({"a": 1})", "no metric name at its start"},
        BadLine{"digit_first", "9a 1", "no metric name at its start"},
        BadLine{"name_with_a_dash", "a-b 1", "no metric name at its start"},
        BadLine{"quoted_name", R"({"a.b"} 1)", "no metric name at its start"},
        BadLine{"byte_order_mark",
                "\xEF\xBB\xBF"
                "a 1",
                "no metric name at its start"},
        BadLine{"one_word", "pong", "a metric without a value"},
        BadLine{"labels_only", R"(a{b="c"})", "a metric without a value"},
        BadLine{"text", "Fatal error: out of memory", "a value that is no number"},
        BadLine{"comma", "a 1,5", "a value that is no number"},
        BadLine{"two_words_after", "a 1 2 3", "something after the timestamp"},
        BadLine{"unit_after", "a 1 MB", "something after the value"},
        BadLine{"type_of_openmetrics", "# TYPE a stateset",
                "a TYPE that is not counter, gauge, histogram, summary or untyped"},
        BadLine{"type_of_nothing", "# TYPE a",
                "a TYPE that is not counter, gauge, histogram, summary or untyped"},
        BadLine{"bad_name_in_type", "# TYPE a-b gauge",
                "HELP or TYPE without the name of a metric"},
        BadLine{"bad_name_in_help", "# HELP 9 x", "HELP or TYPE without the name of a metric"},
        BadLine{"label_name", R"(a{b-c="1"} 1)", "no label name where one must stand"},
        BadLine{"label_name_with_colon", R"(a{b:c="1"} 1)", "no label name where one must stand"},
        BadLine{"comma_only", "a{,} 1", "no label name where one must stand"},
        BadLine{"open_brace", "a{", "no label name where one must stand"},
        BadLine{"no_equals", R"(a{b"1"} 1)", "a label without = after its name"},
        BadLine{"no_quotes", "a{b=1} 1", "a label value without quotes"},
        BadLine{"no_closing_quote", R"(a{b="1} 1)", kNoEnd.c_str()},
        BadLine{"unknown_escape", R"(a{b="\t"} 1)", kNoEnd.c_str()},
        BadLine{"no_comma", R"(a{b="1" c="2"} 1)", "labels without a comma or } between them"},
        BadLine{"label_twice", R"(a{b="1",b="2"} 1)", "the same label twice"},
        BadLine{"too_many_labels", many_labels(kMaxTextLabels + 1), "too many labels"},
        BadLine{"too_long", "a " + std::string(kMaxTextLineBytes, '0'), "longer than 8192 bytes"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(TextLine, TakesWhatIsJustWithinTheBounds) {
  EXPECT_EQ(read(many_labels(kMaxTextLabels)).labels.size(), kMaxTextLabels);
  EXPECT_EQ(read("a " + std::string(kMaxTextLineBytes - 3, '0') + "7").value, 7);
}

}  // namespace
}  // namespace exposition
