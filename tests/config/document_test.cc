#include "config/document.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace config {
namespace {

struct DocumentCase {
  const char* name;
  const char* text;
  Json want;
};
void PrintTo(const DocumentCase& test, std::ostream* out) {
  *out << test.name;
}

class PlainScalar : public testing::TestWithParam<DocumentCase> {};

TEST_P(PlainScalar, IsWhatJsonWouldCallItOrText) {
  Problems problems;
  const Document document = parse_document("f", std::string("a: ") + GetParam().text, problems);
  EXPECT_TRUE(problems.empty()) << problems.text();
  EXPECT_EQ((*document.root)["a"], GetParam().want);
  EXPECT_EQ((*document.root)["a"].type(), GetParam().want.type());
}

INSTANTIATE_TEST_SUITE_P(
    Each, PlainScalar,
    testing::Values(
        DocumentCase{"whole", "5", 5u}, DocumentCase{"negative", "-5", -5},
        DocumentCase{"zero", "0", 0u}, DocumentCase{"fraction", "1.0", 1.0},
        DocumentCase{"exponent", "1e3", 1000.0}, DocumentCase{"yes_is_true", "true", true},
        DocumentCase{"no_is_false", "false", false}, DocumentCase{"tilde", "~", nullptr},
        DocumentCase{"null", "null", nullptr}, DocumentCase{"nothing", "", nullptr},
        DocumentCase{"octal", "0777", "0777"}, DocumentCase{"hexadecimal", "0x1F", "0x1F"},
        DocumentCase{"yes", "yes", "yes"}, DocumentCase{"no", "No", "No"},
        DocumentCase{"upper_true", "True", "True"}, DocumentCase{"half", ".5", ".5"},
        DocumentCase{"infinite", ".inf", ".inf"}, DocumentCase{"plus", "+5", "+5"},
        DocumentCase{"date", "2024-01-02", "2024-01-02"},
        DocumentCase{"sexagesimal", "1:30", "1:30"}, DocumentCase{"too_large", "1e999", "1e999"},
        DocumentCase{"range", "200..299", "200..299"}, DocumentCase{"duration", "5s", "5s"},
        DocumentCase{"dash", "-x", "-x"}, DocumentCase{"quoted_number", "\"5\"", "5"},
        DocumentCase{"single_quoted", "'true'", "true"}, DocumentCase{"empty_text", "''", ""},
        DocumentCase{"tagged_text", "!!str 5", "5"}, DocumentCase{"truth", "truth", "truth"}),
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

// Found by fuzzing: yaml-cpp takes it for a letter, so that JSON meant another key.
TEST(Document, ACarriageReturnAloneIsRefused) {
  for (const std::string text : {"\n{\r\"a\": 1}", "\na: 1\rb: 2", "\n\"a\rb\": 1"}) {
    Problems problems;
    parse_document("f", text, problems);
    EXPECT_EQ(problems.text(),
              "f:2: a carriage return without a line feed; end lines with LF or CR LF, and write "
              "\\r in double quotes where a text has one");
  }
  Problems none;
  EXPECT_EQ(*parse_document("f", "a: 1\r\nb: 2\r\n", none).root, Json({{"a", 1}, {"b", 2}}));
  EXPECT_EQ(*parse_document("f", "a: 1\r", none).root, Json({{"a", 1}}));
  EXPECT_TRUE(none.empty()) << none.text();
}

// Found by fuzzing: yaml-cpp gives a byte for each of the first two that is no UTF-8.
TEST(Document, EveryNamedEscapeIsUtf8) {
  Problems none;
  const Document document =
      parse_document("f", R"({"\N": "a\N\_b", "c": "\u00e9\_\L\P\x85", "d": é})", none);
  EXPECT_EQ(*document.root, Json({{"\u0085", "a\u0085\u00a0b"},
                                  {"c", "\u00e9\u00a0\u2028\u2029\u0085"},
                                  {"d", "\u00e9"}}));
  EXPECT_TRUE(none.empty()) << none.text();
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
