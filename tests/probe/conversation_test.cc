#include "probe/conversation.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string_view>

#include "fastcgi/encode.h"
#include "support/fastcgi_bytes.h"

namespace probe {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::vector<std::string> texts(const Conversation& conversation, AnswerShown shown) {
  std::vector<std::string> texts;
  for (const ConversationLine& line : describe(conversation, shown)) {
    texts.push_back((line.is_sent ? "> " : "< ") + line.text);
  }
  return texts;
}

Conversation conversation(std::string received) {
  auto request = fastcgi::encode_request({{"SCRIPT_NAME", "/ping"}, {"HTTP_COOKIE", "sesame"}});
  const std::size_t size = request->size();
  const std::uint64_t all = received.size();
  received.resize(std::min(received.size(), kMaxConversationBytes));
  return {.request = std::make_shared<const std::string>(std::move(request).value()),
          .sent_bytes = size,
          .received = std::move(received),
          .received_bytes = all};
}

TEST(Conversation, IsShownRecordByRecordWithoutSecrets) {
  const auto lines = texts(conversation(support::pong_answer()), AnswerShown::whole);
  ASSERT_GE(lines.size(), 5u);
  EXPECT_THAT(lines[0], StartsWith("> BEGIN_REQUEST"));
  EXPECT_THAT(lines[1], AllOf(HasSubstr("SCRIPT_NAME=/ping"), HasSubstr("HTTP_COOKIE=<secret>")));
  EXPECT_THAT(lines, testing::Contains(AllOf(StartsWith("< STDOUT"), HasSubstr("pong"))));
  EXPECT_THAT(lines.back(), StartsWith("< END_REQUEST"));
}

TEST(Conversation, HidesWhatClientsAskedForAndShowsStderr) {
  const std::string answer =
      support::stderr_record("PHP is sad") + support::answer("\r\n\r\nGET /private \"x\"");
  for (const std::string& received : {answer, "HTTP/1.1 400 private" + answer}) {
    for (const std::string& line : texts(conversation(received), AnswerShown::hidden)) {
      EXPECT_THAT(line, Not(HasSubstr("private")));
    }
  }
  EXPECT_THAT(texts(conversation(answer), AnswerShown::hidden),
              testing::Contains(AllOf(StartsWith("< STDERR"), HasSubstr("PHP is sad"))));
}

TEST(Conversation, SaysWhatIsNotKept) {
  const std::string answer = support::answer(std::string(9000, 'x'));
  EXPECT_EQ(texts(conversation(answer), AnswerShown::whole).back(),
            "< only the first 4096 bytes of " + std::to_string(answer.size()) + " are kept");
}

TEST(Conversation, IsEmptyWhenNothingWasSentOrCame) {
  EXPECT_TRUE(describe({}, AnswerShown::whole).empty());
}

}  // namespace
}  // namespace probe
