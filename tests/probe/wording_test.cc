#include "probe/wording.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace probe {
namespace {

using namespace std::chrono_literals;

TEST(InQuotes, ShowsAShortTextWhole) {
  EXPECT_EQ(in_quotes("pong"), "\"pong\"");
}

TEST(InQuotes, LeavesOutBlanksAndLineEndsAround) {
  EXPECT_EQ(in_quotes(" File not found.\r\n"), "\"File not found.\"");
  EXPECT_EQ(in_quotes("\n\n"), "\"\"");
}

TEST(InQuotes, CutsALongTextAndSaysHowLongItIs) {
  const std::string text = in_quotes(std::string(5000, 'x'));
  EXPECT_LE(text.size(), kMaxQuotedBytes + 32);
  EXPECT_TRUE(text.ends_with("... (5000 bytes)")) << text;
}

TEST(InQuotes, LetsNoControlCharacterThrough) {
  for (const char c : in_quotes(std::string_view("a\x1b[31m\nlevel=error\0b", 20))) {
    EXPECT_GE(static_cast<unsigned char>(c), 0x20);
  }
}

TEST(ByteCount, KnowsTheSingular) {
  EXPECT_EQ(byte_count(0), "0 bytes");
  EXPECT_EQ(byte_count(1), "1 byte");
  EXPECT_EQ(byte_count(200), "200 bytes");
}

TEST(Readable, ShowsMillisecondsBelowASecondAndSecondsFromThere) {
  EXPECT_EQ(readable(0ns), "0.0 ms");
  EXPECT_EQ(readable(340us), "0.3 ms");
  EXPECT_EQ(readable(120ms), "120.0 ms");
  EXPECT_EQ(readable(1980ms), "1.98 s");
  EXPECT_EQ(readable(1h), "3600.00 s");
}

}  // namespace
}  // namespace probe
