#include "http/output.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

namespace http {
namespace {

base::SharedChunks chunks(base::Chunks list) {
  return std::make_shared<const base::Chunks>(std::move(list));
}

struct Room {
  std::size_t pieces;
  std::size_t bytes;
};

// All of it, `taken` bytes at a time out of at most `room`.
std::string sent_in_steps(Output& output, Room room, std::size_t taken) {
  std::string all;
  std::array<iovec, 8> pieces;
  while (!output.is_done()) {
    const std::size_t count = output.next(std::span(pieces).first(room.pieces), room.bytes);
    std::string offered;
    for (std::size_t i = 0; i < count; ++i) {
      offered.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
    }
    EXPECT_LE(offered.size(), room.bytes);
    const std::size_t went = std::min(taken, offered.size());
    EXPECT_GT(went, 0U);
    all += offered.substr(0, went);
    output.sent(went);
  }
  return all;
}

TEST(Output, SendsHeadAndChunksInOrderHoweverLittleIsTaken) {
  for (std::size_t taken = 1; taken < 20; ++taken) {
    for (std::size_t pieces = 1; pieces <= 5; ++pieces) {
      Output output;
      output.start("head;", chunks({"", "one,", "", "two", ""}));
      EXPECT_EQ(sent_in_steps(output, {.pieces = pieces, .bytes = 6}, taken), "head;one,two");
    }
  }
}

TEST(Output, ManagesWithoutABody) {
  Output output;
  output.start("head", nullptr);
  EXPECT_FALSE(output.is_done());
  output.sent(4);
  EXPECT_TRUE(output.is_done());
}

TEST(Output, NeverCopiesTheBody) {
  const auto body = chunks({std::string(1000, 'x')});
  Output output;
  output.start("", body);
  std::array<iovec, 2> pieces;
  ASSERT_EQ(output.next(pieces, 5000), 1U);
  EXPECT_EQ(pieces[0].iov_base, body->front().data());
  EXPECT_EQ(body.use_count(), 2);
  output.clear();
  EXPECT_EQ(body.use_count(), 1);
}

}  // namespace
}  // namespace http
