#include "http/answer_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace http {
namespace {

using Reading = AnswerReader::Progress;

constexpr std::string_view kAnswer =
    "HTTP/1.1 404 Not Found\r\nx-fastcgi-health:  down \r\nX-Fastcgi-Error: unknown-target\r\n"
    "No colon here\r\nX-FASTCGI-EXPORTER:\r\nContent-Length: 5\r\n\r\nhello";

TEST(AnswerReader, ReadsTheSameInSlicesOfAnySize) {
  for (std::size_t size = 1; size <= kAnswer.size(); ++size) {
    AnswerReader reader;
    Reading progress = Reading::need_more;
    for (std::size_t begin = 0; begin < kAnswer.size(); begin += size) {
      EXPECT_EQ(progress, Reading::need_more) << "slices of " << size;
      progress = reader.feed(kAnswer.substr(begin, size));
    }
    EXPECT_EQ(progress, Reading::complete) << "slices of " << size;
    EXPECT_EQ(reader.answer().status, 404);
    EXPECT_EQ(reader.answer().body, "hello");
    EXPECT_EQ(reader.answer().health, "down");
    EXPECT_TRUE(reader.answer().unknown_target);
    EXPECT_FALSE(reader.answer().wants_tls);
    EXPECT_TRUE(reader.answer().is_exporter);
  }
}

TEST(AnswerReader, AwaitsTheRestOfAnAnswerCutOffAnywhere) {
  for (std::size_t size = 0; size < kAnswer.size(); ++size) {
    AnswerReader reader;
    EXPECT_EQ(reader.feed(kAnswer.substr(0, size)), Reading::need_more) << size;
    EXPECT_EQ(reader.end(), Reading::need_more) << size;
  }
}

TEST(AnswerReader, TakesAllThatComesForABodyOfUnknownLength) {
  AnswerReader reader;
  EXPECT_EQ(reader.feed("HTTP/1.0 200 OK\r\n\r\nall of "), Reading::need_more);
  EXPECT_EQ(reader.feed("it"), Reading::need_more);
  EXPECT_EQ(reader.end(), Reading::complete);
  EXPECT_EQ(reader.answer().body, "all of it");
}

TEST(AnswerReader, TakesAnEmptyBody) {
  AnswerReader reader;
  EXPECT_EQ(reader.feed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), Reading::complete);
  EXPECT_EQ(reader.answer().status, 200);
}

TEST(AnswerReader, KeepsTheFirstBytesOfABodyWithoutEnd) {
  for (const std::string length : {"", "Content-Length: 18446744073709551615\r\n"}) {
    AnswerReader reader;
    Reading progress = reader.feed("HTTP/1.1 200 OK\r\n" + length + "\r\n");
    int fed = 0;
    while (progress == Reading::need_more && ++fed < 100) {
      progress = reader.feed(std::string(10'000, 'x'));
    }
    EXPECT_EQ(progress, Reading::complete);
    EXPECT_EQ(reader.answer().body.size(), kMaxClientBodyBytes);
  }
}

TEST(AnswerReader, KnowsWhatIsNotHttp) {
  for (const std::string_view bytes :
       {std::string_view("\1\6\0\1", 4), std::string_view("SSH-2.0-x\r\n"),
        std::string_view("HTTP/2 200\r\n\r\n"), std::string_view("HTTP/1.1 2x0 OK\r\n\r\n"),
        std::string_view("HTTP/1.1 20\r\n\r\n"), std::string_view("\r\n\r\n")}) {
    AnswerReader reader;
    EXPECT_EQ(reader.feed(bytes), Reading::not_http) << bytes;
  }
}

TEST(AnswerReader, ReadsNoHeadWithoutEnd) {
  AnswerReader reader;
  Reading progress = reader.feed("HTTP/1.1 200 OK\r\n");
  std::size_t bytes = 0;
  for (; progress == Reading::need_more; bytes += 1'000) {
    progress = reader.feed("X: " + std::string(995, 'y') + "\r\n");
  }
  EXPECT_EQ(progress, Reading::not_http);
  EXPECT_LE(bytes, kMaxClientHeadBytes + 1'000);
}

}  // namespace
}  // namespace http
