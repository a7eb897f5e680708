#include "http/engine.h"

#include <gtest/gtest.h>

#include <vector>

namespace http {
namespace {

constexpr std::time_t kDate = 784111777;  // the example of RFC 9110
const std::string kDateLine = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

TEST(Engine, WritesStatusLineAndOurHeaders) {
  Engine engine;
  Answer answer = text_answer(404, "no");
  answer.headers = {{"X-Fastcgi-Error", "unknown-target"}};
  EXPECT_EQ(engine.head(answer, {.keep_alive = true, .date = kDate}),
            "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n" +
                kDateLine + "X-Fastcgi-Error: unknown-target\r\n\r\n");
}

TEST(Engine, LeavesOutTheTypeOfNothing) {
  Engine engine;
  EXPECT_EQ(engine.head(text_answer(200, ""), {.keep_alive = true, .date = kDate}),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + kDateLine + "\r\n");
}

TEST(Engine, WritesTheSameHeadForHead) {
  Engine engine;
  const Answer answer = text_answer(200, "hello");
  EXPECT_EQ(engine.head(answer, {.head_only = true, .keep_alive = true, .date = kDate}),
            engine.head(answer, {.keep_alive = true, .date = kDate}));
}

TEST(Engine, SaysWhatHappensToTheConnection) {
  Engine engine;
  const Answer answer = text_answer(200, "");
  EXPECT_EQ(engine.head(answer, {.keep_alive = false, .date = kDate}),
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n" + kDateLine + "\r\n");
  EXPECT_EQ(
      engine.head(answer, {.is_http_1_0 = true, .keep_alive = true, .date = kDate}),
      "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n" + kDateLine + "\r\n");
}

// httplib knows a list of codes and calls all others an internal error.
TEST(Engine, NamesEveryStatusThatWeSend) {
  Engine engine;
  for (const auto& [status, name] :
       std::initializer_list<std::pair<int, std::string>>{{200, "OK"},
                                                          {400, "Bad Request"},
                                                          {405, "Method Not Allowed"},
                                                          {408, "Request Timeout"},
                                                          {411, "Length Required"},
                                                          {413, "Payload Too Large"},
                                                          {414, "URI Too Long"},
                                                          {417, "Expectation Failed"},
                                                          {431, "Request Header Fields Too Large"},
                                                          {500, "Internal Server Error"},
                                                          {501, "Not Implemented"},
                                                          {503, "Service Unavailable"},
                                                          {505, "HTTP Version Not Supported"}}) {
    const std::string head = engine.head(text_answer(status, "x"), {.keep_alive = false});
    const std::string line = "HTTP/1.1 " + std::to_string(status) + " " + name + "\r\n";
    EXPECT_TRUE(head.starts_with(line)) << head;
    EXPECT_NE(head.find("Connection: close\r\n"), std::string::npos);
  }
}

TEST(Engine, LeavesOutAHeaderThatWouldBeTwo) {
  Engine engine;
  Answer answer = text_answer(200, "");
  answer.headers = {{"X-A", "b\r\nX-Evil: c"}, {"X-Good", "d"}};
  const std::string head = engine.head(answer, {.keep_alive = true});
  EXPECT_EQ(head.find("Evil"), std::string::npos);
  EXPECT_NE(head.find("X-Good: d\r\n"), std::string::npos);
}

TEST(Engine, WritesLongHeadersWhole) {
  Engine engine;
  Answer answer = text_answer(200, "");
  answer.headers = {{"X-Long", std::string(5000, 'x')}};
  EXPECT_NE(
      engine.head(answer, {.keep_alive = true}).find("X-Long: " + std::string(5000, 'x') + "\r\n"),
      std::string::npos);
}

TEST(Engine, CountsTheBodyWithoutWritingIt) {
  Engine engine;
  Answer answer;
  answer.body = std::make_shared<const base::Chunks>(base::Chunks{"SECRET", "BODY"});
  const std::string head = engine.head(answer, {.keep_alive = true});
  EXPECT_NE(head.find("Content-Length: 10\r\n"), std::string::npos);
  EXPECT_EQ(head.find("SECRET"), std::string::npos);
}

TEST(Engine, KeepsOurContentLengthWhateverAnAnswerSays) {
  Engine engine;
  Answer answer = text_answer(200, "abc");
  answer.headers = {{"content-length", "7"}, {"connection", "upgrade"}, {"Date", "never"}};
  const std::string head = engine.head(answer, {.keep_alive = true, .date = kDate});
  EXPECT_EQ(head,
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n" +
                kDateLine + "\r\n");
}

// Each differs from the first in one thing that the head is made of.
TEST(Engine, RemembersAHeadOnlyForTheSameAnswer) {
  Answer first = text_answer(200, "one");
  first.headers = {{"X-A", "b"}};
  std::vector<Answer> answers(6, first);
  answers[1].status = 503;
  answers[2].content_type = "application/json";
  answers[3].headers = {{"X-A", "c"}};
  answers[4].headers.emplace_back("X-B", "d");
  answers[5].body = text_answer(200, "longer").body;
  std::vector<Delivery> deliveries(4, Delivery{.keep_alive = true, .date = kDate});
  deliveries[1].keep_alive = false;
  deliveries[2].is_http_1_0 = true;
  deliveries[3].date = kDate + 1;

  Engine engine;
  for (int round = 0; round < 2; ++round) {
    for (const Answer& answer : answers) {
      for (const Delivery& delivery : deliveries) {
        EXPECT_EQ(engine.head(answer, delivery), Engine().head(answer, delivery));
        EXPECT_EQ(engine.head(answer, delivery), Engine().head(answer, delivery));
      }
    }
  }
}

}  // namespace
}  // namespace http
