#include "base/log_lines.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/text.h"

namespace base::log {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using Fields = std::vector<Field>;

constexpr WallTime kTime(1'795'381'200s + 123'999us);

std::string logfmt(std::string_view message, const Fields& fields) {
  return format_line(Format::logfmt, kTime, Level::info, message, fields);
}

std::string json(std::string_view message, const Fields& fields) {
  return format_line(Format::json, kTime, Level::info, message, fields);
}

bool is_well_formed(const std::string& line) {
  return line.size() <= kMaxLineBytes && line.ends_with('\n') && valid_utf8(line) == line;
}

TEST(FormatLine, WritesLogfmt) {
  EXPECT_EQ(logfmt("target is down", {{"target", "www"}, {"outcome", "refused"}}),
            "time=2026-11-22T21:00:00.123Z level=info msg=\"target is down\" target=www "
            "outcome=refused\n");
}

TEST(FormatLine, WritesJson) {
  EXPECT_EQ(json("target is down", {{"target", "www"}}),
            "{\"time\":\"2026-11-22T21:00:00.123Z\",\"level\":\"info\",\"msg\":\"target is "
            "down\",\"target\":\"www\"}\n");
}

TEST(FormatLine, NamesTheLevels) {
  for (const auto& [level, want] :
       std::vector<std::pair<Level, std::string>>{{Level::debug, "debug"},
                                                  {Level::info, "info"},
                                                  {Level::warn, "warn"},
                                                  {Level::error, "error"}}) {
    EXPECT_EQ(format_line(Format::logfmt, kTime, level, "m", {}),
              "time=2026-11-22T21:00:00.123Z level=" + want + " msg=m\n");
  }
}

TEST(FormatLine, ShowsTimesBefore1970AndAfter2038) {
  EXPECT_TRUE(format_line(Format::logfmt, WallTime{}, Level::info, "m", {})
                  .starts_with("time=1970-01-01T00:00:00.000Z "));
  EXPECT_TRUE(format_line(Format::logfmt, WallTime(-1ms), Level::info, "m", {})
                  .starts_with("time=1969-12-31T23:59:59.999Z "));
  EXPECT_TRUE(format_line(Format::logfmt, WallTime(4'102'444'800s), Level::info, "m", {})
                  .starts_with("time=2100-01-01T00:00:00.000Z "));
}

TEST(FormatLine, QuotesAndEscapesLogfmtWhereNeeded) {
  struct Case {
    std::string value, want;
  };
  const std::vector<Case> cases = {
      {"plain", "plain"},
      {"unix:/run/php/www.sock", "unix:/run/php/www.sock"},
      {"gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
      {"", "\"\""},
      {"two words", "\"two words\""},
      {"a=b", "\"a=b\""},
      {"say \"hi\"", "\"say \\\"hi\\\"\""},
      {"back\\slash", "\"back\\\\slash\""},
      {"line\nbreak\r\t", "\"line\\nbreak\\r\\t\""},
      {"nul\0!"s, "\"nul\\u0000!\""},
      {"\x1B[31m", "\"\\u001b[31m\""},
      {"\x7F", "\"\\u007f\""},
      {"\xC2\x85", "\"\\u0085\""},
      {"\xE2\x80\xAE", "\"\\u202e\""},
      {"bad\xFF", "\"bad\\ufffd\""},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(logfmt("m", {{"k", c.value}}),
              "time=2026-11-22T21:00:00.123Z level=info msg=m k=" + c.want + "\n");
  }
}

TEST(FormatLine, JsonGivesEveryValueBack) {
  for (const std::string& value :
       {""s, "plain"s, "a \"b\" \\ c"s, "\n\r\t\0\x01\x1F\x7F"s, "\xE2\x80\xA8\xE2\x80\xAE"s,
        "gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80"s, "</script>"s, "bad\xFF\xC3"s}) {
    const std::string line = json(value, {{"k", value}});
    const nlohmann::json read = nlohmann::json::parse(line);
    EXPECT_EQ(read.at("msg"), valid_utf8(value)) << line;
    EXPECT_EQ(read.at("k"), valid_utf8(value)) << line;
  }
}

TEST(FormatLine, OneEventIsOneLine) {
  const std::string hostile = "x\nlevel=error\r\n\xE2\x80\xA8\xC2\x85\v\f";
  for (const Format format : {Format::logfmt, Format::json}) {
    const std::string line =
        format_line(format, kTime, Level::info, hostile, Fields{{"k", hostile}});
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_EQ(line.find_first_of("\r\v\f"), std::string::npos);
    EXPECT_EQ(clean_text(line, line.size()), line.substr(0, line.size() - 1) + " ");
  }
}

TEST(FormatLine, CutsTheValueThatDoesNotFit) {
  const Fields fields = {{"target", "www"}, {"stderr", std::string(5000, 's')}, {"after", "lost"}};
  EXPECT_TRUE(logfmt("m", fields).ends_with("sss...\n"));
  EXPECT_LE(logfmt("m", fields).size(), kMaxLineBytes);
  EXPECT_GT(logfmt("m", fields).size(), kMaxLineBytes - 64);
  const nlohmann::json read = nlohmann::json::parse(json("m", fields));
  EXPECT_EQ(read.at("target"), "www");
  EXPECT_TRUE(read.at("stderr").get<std::string>().ends_with("sss..."));
  EXPECT_FALSE(read.contains("after"));
}

TEST(FormatLine, SaysThatThereWereMoreFields) {
  const std::string key(200, 'k');
  const Fields fields(20, Field{key, "v"});
  EXPECT_TRUE(logfmt("m", fields).ends_with("=v more=...\n"));
  EXPECT_EQ(nlohmann::json::parse(json("m", fields)).at("more"), "...");
}

// Whatever stands at the limit, character, quote or key: the line stays well-formed.
TEST(FormatLine, StaysWellFormedWithEveryLength) {
  const std::vector<std::string> units = {
      "", "x", " ", "\"", "\n", "\0"s, "\xFF", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
  for (const std::string& unit : units) {
    for (std::size_t before = kMaxLineBytes - 120; before < kMaxLineBytes - 40; ++before) {
      std::string value(before, 'a');
      for (int i = 0; i < 30; ++i) value += unit;
      const Fields fields = {{"v", value}, {"k", "after"}};
      const std::string line = json("m", fields);
      EXPECT_TRUE(is_well_formed(logfmt("m", fields))) << before << unit;
      EXPECT_TRUE(is_well_formed(line) && nlohmann::json::accept(line)) << before << unit;
    }
  }
}

TEST(FormatLine, ALongMessageIsCutToo) {
  const std::string message(1'000'000, 'm');
  EXPECT_LE(logfmt(message, {}).size(), kMaxLineBytes);
  EXPECT_TRUE(nlohmann::json::accept(json(message, {})));
}

}  // namespace
}  // namespace base::log
