#include "probe/conversation.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "fastcgi/transcript.h"
#include "probe/wording.h"

namespace probe {
namespace {

// A line of the answer without its content, which begins with the first quote; stderr is the
// responder's own.
void hide_content(std::string& line) {
  if (line.starts_with("STDERR")) return;
  const std::size_t quote = line.find('"');
  if (quote != std::string::npos) line.replace(quote, std::string::npos, "(content not shown)");
}

void append(std::vector<ConversationLine>& lines, bool is_sent, std::string_view bytes,
            std::uint64_t all_bytes) {
  if (all_bytes == 0) return;
  for (std::string& record : fastcgi::describe_records(bytes)) {
    lines.push_back({.is_sent = is_sent, .text = std::move(record)});
  }
  if (bytes.size() < all_bytes) {
    lines.push_back({.is_sent = is_sent,
                     .text = "only the first " + byte_count(bytes.size()) + " of " +
                             std::to_string(all_bytes) + " are kept"});
  }
}

}  // namespace

std::vector<ConversationLine> describe(const Conversation& conversation, AnswerShown shown) {
  std::vector<ConversationLine> lines;
  if (conversation.request) {
    const std::string_view sent =
        std::string_view(*conversation.request).substr(0, conversation.sent_bytes);
    append(lines, true, sent.substr(0, kMaxConversationBytes), sent.size());
  }
  const std::size_t own = lines.size();
  append(lines, false, conversation.received, conversation.received_bytes);
  if (shown == AnswerShown::hidden) {
    for (std::size_t i = own; i < lines.size(); ++i) hide_content(lines[i].text);
  }
  return lines;
}

}  // namespace probe
