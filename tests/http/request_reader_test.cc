#include "http/request_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace http {
namespace {

using Step = RequestReader::Step;

const std::string kGet = "GET /one HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kPost = "POST /two HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";

// What comes out of `bytes`, fed in pieces of `size`: "PATH:BODY" for each request.
std::vector<std::string> requests_in(const std::string& bytes, std::size_t size) {
  RequestReader reader;
  std::vector<std::string> requests;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    reader.append(std::string_view(bytes).substr(at, size));
    Step step = Step::need_more;
    while ((step = reader.step({})) != Step::need_more) {
      if (step == Step::refused) return requests;
      if (step == Step::body_awaited) continue;
      const Head head = reader.take();
      requests.push_back(head.request.path + ":" + head.request.body);
    }
  }
  EXPECT_TRUE(reader.is_empty());
  return requests;
}

TEST(RequestReader, GivesTheSamePipelinedRequestsHoweverTheyAreCut) {
  const std::string bytes = kGet + kPost + kGet;
  const std::vector<std::string> want{"/one:", "/two:hello", "/one:"};
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    EXPECT_EQ(requests_in(bytes, size), want) << size;
  }
}

TEST(RequestReader, AnnouncesOnceThatABodyIsMissing) {
  RequestReader reader;
  reader.append(kPost.substr(0, kPost.size() - 5));
  EXPECT_EQ(reader.step({}), Step::body_awaited);
  EXPECT_EQ(reader.head().request.path, "/two");
  EXPECT_EQ(reader.step({}), Step::need_more);
  reader.append("hell");
  EXPECT_EQ(reader.step({}), Step::need_more);
  reader.append("o");
  EXPECT_EQ(reader.step({}), Step::complete);
}

TEST(RequestReader, StaysRefused) {
  RequestReader reader;
  reader.append("nonsense\r\n");
  EXPECT_EQ(reader.step({}), Step::refused);
  reader.append(kGet);
  EXPECT_EQ(reader.step({}), Step::refused);
  EXPECT_EQ(reader.refusal().status, 400);
}

}  // namespace
}  // namespace http
