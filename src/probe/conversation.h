// What went over the wire in one exchange, kept for people: the bytes, and what they say record by
// record. Pure; a value, described only when somebody asks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace probe {

inline constexpr std::size_t kMaxConversationBytes = 4 << 10;  // kept of each direction

struct Conversation {
  std::shared_ptr<const std::string> request;  // null: nothing was sent
  std::size_t sent_bytes = 0;                  // of it
  std::string received;                        // the first kMaxConversationBytes
  std::uint64_t received_bytes = 0;            // in all
};

struct ConversationLine {
  bool is_sent = false;  // by us
  std::string text;      // cleaned and bounded, secrets hidden
};

// What an answer may say to people. hidden: its body is not shown, for a status page names what the
// pool's clients ask for.
enum class AnswerShown : std::uint8_t { whole, hidden };

std::vector<ConversationLine> describe(const Conversation& conversation, AnswerShown shown);

}  // namespace probe
