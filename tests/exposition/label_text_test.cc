#include "exposition/label_text.h"

#include <gtest/gtest.h>

namespace exposition {
namespace {

std::string one_label(std::string_view name, std::string_view value) {
  std::string text;
  append_label(text, name, value);
  return text;
}

TEST(LabelText, EscapesExactlyWhatTheFormatAsksFor) {
  EXPECT_EQ(one_label("a", "plain"), R"(a="plain")");
  EXPECT_EQ(one_label("a", ""), R"(a="")");
  EXPECT_EQ(one_label("a", "say \"hi\""), R"(a="say \"hi\"")");
  EXPECT_EQ(one_label("a", "C:\\run"), R"(a="C:\\run")");
  EXPECT_EQ(one_label("a", "two\nlines"), R"(a="two\nlines")");
  EXPECT_EQ(one_label("a", "tab\tand\rreturn"), "a=\"tab\tand\rreturn\"");
  EXPECT_EQ(one_label("a", "\\n"), R"(a="\\n")");
}

TEST(LabelText, PutsACommaBeforeEveryLabelButTheFirst) {
  std::string text;
  append_label(text, "a", "1");
  append_label(text, "b", "2");
  append_label(text, "c", "3");
  EXPECT_EQ(text, R"(a="1",b="2",c="3")");
}

TEST(LabelText, KeepsValidUtf8AndReplacesWhatPrometheusWouldRefuse) {
  EXPECT_EQ(one_label("a", "gr\u00fc\u00df \U0001F418"), "a=\"gr\u00fc\u00df \U0001F418\"");
  EXPECT_EQ(one_label("a", "x\xffy"), "a=\"x\uFFFDy\"");
  EXPECT_EQ(one_label("a", std::string_view("x\0y", 3)), "a=\"x\uFFFDy\"");
}

TEST(LabelText, KnowsValidNames) {
  for (const char* name : {"a", "_", "A9", "_x_9"}) {
    EXPECT_TRUE(is_valid_label_name(name)) << name;
    EXPECT_TRUE(is_valid_metric_name(name)) << name;
  }
  for (const char* name : {"", "9a", "a-b", "a b", "\u00e4", "a\n"}) {
    EXPECT_FALSE(is_valid_label_name(name)) << name;
    EXPECT_FALSE(is_valid_metric_name(name)) << name;
  }
  EXPECT_TRUE(is_valid_metric_name(":a:b"));
  EXPECT_FALSE(is_valid_label_name("a:b"));
}

}  // namespace
}  // namespace exposition
