#include "config/document.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace config {
namespace {

struct Case {
  const char* name;
  const char* text;
  Json want;
};
void PrintTo(const Case& test, std::ostream* out) {
  *out << test.name;
}

class PlainScalar : public testing::TestWithParam<Case> {};

TEST_P(PlainScalar, IsWhatJsonWouldCallItOrText) {
  Problems problems;
  const Document document = parse_document("f", std::string("a: ") + GetParam().text, problems);
  EXPECT_TRUE(problems.empty()) << problems.text();
  EXPECT_EQ((*document.root)["a"], GetParam().want);
  EXPECT_EQ((*document.root)["a"].type(), GetParam().want.type());
}

INSTANTIATE_TEST_SUITE_P(
    Each, PlainScalar,
    testing::Values(Case{"whole", "5", 5u}, Case{"negative", "-5", -5}, Case{"zero", "0", 0u},
                    Case{"fraction", "1.0", 1.0}, Case{"exponent", "1e3", 1000.0},
                    Case{"yes_is_true", "true", true}, Case{"no_is_false", "false", false},
                    Case{"tilde", "~", nullptr}, Case{"null", "null", nullptr},
                    Case{"nothing", "", nullptr}, Case{"octal", "0777", "0777"},
                    Case{"hexadecimal", "0x1F", "0x1F"}, Case{"yes", "yes", "yes"},
                    Case{"no", "No", "No"}, Case{"upper_true", "True", "True"},
                    Case{"half", ".5", ".5"}, Case{"infinite", ".inf", ".inf"},
                    Case{"plus", "+5", "+5"}, Case{"date", "2024-01-02", "2024-01-02"},
                    Case{"sexagesimal", "1:30", "1:30"}, Case{"too_large", "1e999", "1e999"},
                    Case{"range", "200..299", "200..299"}, Case{"duration", "5s", "5s"},
                    Case{"dash", "-x", "-x"}, Case{"quoted_number", "\"5\"", "5"},
                    Case{"single_quoted", "'true'", "true"}, Case{"empty_text", "''", ""},
                    Case{"tagged_text", "!!str 5", "5"}, Case{"truth", "truth", "truth"}),
    [](const auto& test) { return test.param.name; });

TEST(Document, KnowsTheLineOfEveryKeyAndElement) {
  Problems problems;
  const Document document = parse_document("f",
                                           "# comment\n"
                                           "a:\n"
                                           "  b: |\n"
                                           "    text\n"
                                           "  c/d~e: 1\n"
                                           "list:\n"
                                           "  - x\n"
                                           "  - {y: 1,\n"
                                           "     z: 2}\n",
                                           problems);
  const Lines want{{"", 2},           {"/a", 2},        {"/a/b", 3},
                   {"/a/c~1d~0e", 5}, {"/list", 6},     {"/list/0", 7},
                   {"/list/1", 8},    {"/list/1/y", 8}, {"/list/1/z", 9}};
  EXPECT_EQ(document.lines, want);
}

TEST(Document, ReadsTheRestWhenAKeyIsThereTwice) {
  Problems problems;
  const Document document = parse_document("f", "a: 1\na: {b: 1, b: 2}\nc: 3\n", problems);
  EXPECT_EQ(*document.root, Json({{"a", 1}, {"c", 3}}));
  EXPECT_EQ(problems.text(), "f:2: /a: is already there on line 1; keep one");
}

TEST(Document, AnAnchorWithoutAliasIsHarmless) {
  Problems problems;
  EXPECT_EQ(parse_document("f", "a: &x 1\n", problems).root->at("a"), 1);
  EXPECT_TRUE(problems.empty());
}

TEST(Document, AnAliasIsNeverExpanded) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) {
    const std::string from = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + from;
    for (int j = 1; j < 10; ++j) bomb += ", " + from;
    bomb += "]\n";
  }
  Problems problems;
  const Document document = parse_document("f", bomb, problems);
  EXPECT_EQ(problems.count(), 190u);
  EXPECT_LT(document.lines.size(), 300u);
}

TEST(Document, BrokenSyntaxLeavesNothing) {
  Problems problems;
  EXPECT_EQ(parse_document("f", "a: 1\nb: [", problems).root->size(), 0u);
  EXPECT_EQ(problems.count(), 1u);
}

TEST(Document, EveryByteAloneIsReadOrRefused) {
  for (int byte = 0; byte < 256; ++byte) {
    for (const char* before : {"", "a: ", "a: \"", "- ", "{", "!", "&", "%"}) {
      Problems problems;
      const std::string text = before + std::string(1, static_cast<char>(byte));
      const Document document = parse_document("f", text, problems);
      EXPECT_TRUE(!problems.empty() || !document.root->is_discarded());
    }
  }
}

}  // namespace
}  // namespace config
