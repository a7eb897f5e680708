#include "fastcgi/cgi_headers.h"

#include <gtest/gtest.h>

#include <string>

namespace fastcgi {
namespace {

std::string split(std::string_view output) {
  const auto parts = split_output(output);
  return parts ? std::string(parts->headers) + "|" + std::string(parts->body) : "malformed";
}

TEST(SplitOutput, EndsTheHeadersAtTheFirstBlankLine) {
  EXPECT_EQ(split("A: 1\r\nB: 2\r\n\r\npong"), "A: 1\r\nB: 2\r\n|pong");
  EXPECT_EQ(split("A: 1\r\n\r\n\r\n\r\nx"), "A: 1\r\n|\r\n\r\nx");
}

TEST(SplitOutput, TakesBareLineFeedsAndAMixture) {
  EXPECT_EQ(split("A: 1\n\npong"), "A: 1\n|pong");
  EXPECT_EQ(split("A: 1\r\n\npong"), "A: 1\r\n|pong");
  EXPECT_EQ(split("A: 1\n\r\npong"), "A: 1\n|pong");
}

TEST(SplitOutput, TakesAnEmptyBodyEmptyHeadersOrNothing) {
  EXPECT_EQ(split("A: 1\r\n\r\n"), "A: 1\r\n|");
  EXPECT_EQ(split("\r\npong"), "|pong");
  EXPECT_EQ(split("\npong"), "|pong");
  EXPECT_EQ(split(""), "|");
}

TEST(SplitOutput, RefusesHeadersThatNeverEnd) {
  EXPECT_EQ(split("pong"), "malformed");
  EXPECT_EQ(split("A: 1\r\n"), "malformed");
  EXPECT_EQ(split("A: 1\r\n\r"), "malformed");
  EXPECT_EQ(split("A: 1\r\rB: 2\r\r"), "malformed");
}

TEST(SplitOutput, LooksForTheBlankLineOnlySoFar) {
  const std::string fits = std::string(kMaxHeaderBlockBytes - 1, 'h') + "\n";
  EXPECT_EQ(split(fits + "\npong"), fits + "|pong");
  EXPECT_EQ(split("h" + fits + "\npong"), "malformed");
}

// The status, or 0 for malformed.
int status(std::string_view headers) {
  return status_of(headers).value_or(0);
}

TEST(StatusOf, IsTheStatusHeaderWhereverAndHoweverItStands) {
  EXPECT_EQ(status("Status: 404 Not Found\r\n"), 404);
  EXPECT_EQ(status("Status: 404\r\n"), 404);
  EXPECT_EQ(status("Status:404\n"), 404);
  EXPECT_EQ(status("Status: \t 404 \t\r\n"), 404);
  EXPECT_EQ(status("Status : 404\r\n"), 404);
  EXPECT_EQ(status("sTATUS: 999 x\r\n"), 999);
  EXPECT_EQ(status("X-Powered-By: PHP\r\nStatus: 503\r\nA: 1\r\n"), 503);
}

TEST(StatusOf, IsTheFirstOfSeveral) {
  EXPECT_EQ(status("Status: 500\r\nStatus: 200\r\n"), 500);
  EXPECT_EQ(status("Status: bad\r\nStatus: 200\r\n"), 0);
}

TEST(StatusOf, IsThatOfAnHttpFirstLineWhenNoHeaderSaysIt) {
  EXPECT_EQ(status("HTTP/1.1 502 Bad Gateway\r\nA: 1\r\n"), 502);
  EXPECT_EQ(status("HTTP/1.0 204\r\n"), 204);
  EXPECT_EQ(status("HTTP/1.1 200 OK\r\nStatus: 503\r\n"), 503);
  EXPECT_EQ(status("A: 1\r\nHTTP/1.1 404 x\r\n"), 200);
}

TEST(StatusOf, Is200WhenAbsent) {
  EXPECT_EQ(status(""), 200);
  EXPECT_EQ(status("Content-type: text/plain\r\n"), 200);
  EXPECT_EQ(status("X-Status: 404\r\n"), 200);
  EXPECT_EQ(status("Statuses: 404\r\n"), 200);
  EXPECT_EQ(status("S\r\n"), 200);
  EXPECT_EQ(status("A: Status: 404\r\n"), 200);
  EXPECT_EQ(status("A: 1\r\n Status: 404\r\n"), 200) << "the second line continues the first";
}

TEST(StatusOf, RefusesAllButThreeDigits) {
  for (const char* value : {"", "OK", "20", "2000", "200OK", "200\tOK", "099", "-20", "2 00"}) {
    EXPECT_EQ(status("Status: " + std::string(value) + "\r\n"), 0) << value;
  }
  EXPECT_EQ(status("HTTP/1.1\r\n"), 0);
  EXPECT_EQ(status("HTTP/1.1 OK\r\n"), 0);
}

}  // namespace
}  // namespace fastcgi
