#include "http/message.h"

#include <gtest/gtest.h>

namespace http {
namespace {

std::optional<std::string> value(std::string query, std::string_view key) {
  Request request;
  request.query = std::move(query);
  return request.query_value(key);
}

TEST(Request, FindsAQueryValueDecodedOnce) {
  EXPECT_EQ(value("a=1&target=unix%3A%2Frun%2Fx%252f", "target"), "unix:/run/x%2f");
  EXPECT_EQ(value("q=a+b%2Bc", "q"), "a b+c");
  EXPECT_EQ(value("%61=x", "a"), "x");
}

TEST(Request, TakesTheFirstOfSeveralValues) {
  EXPECT_EQ(value("a=1&a=2", "a"), "1");
}

TEST(Request, TellsABareNameFromAnAbsentOne) {
  EXPECT_EQ(value("verbose", "verbose"), "");
  EXPECT_EQ(value("verbose=", "verbose"), "");
  EXPECT_EQ(value("x&verbose&y", "verbose"), "");
  EXPECT_EQ(value("verbosely", "verbose"), std::nullopt);
  EXPECT_EQ(value("", "verbose"), std::nullopt);
}

TEST(Request, TakesABrokenEscapeAsItStands) {
  EXPECT_EQ(value("a=100%&b=%zz", "b"), "%zz");
}

TEST(Answer, CountsTheBytesOfAllChunks) {
  Answer answer = text_answer(200, "");
  EXPECT_EQ(answer.body, nullptr);
  EXPECT_EQ(body_bytes(answer), 0U);
  answer.body = std::make_shared<const base::Chunks>(base::Chunks{"ab", "", "cde"});
  EXPECT_EQ(body_bytes(answer), 5U);
}

}  // namespace
}  // namespace http
