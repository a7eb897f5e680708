#include "base/chunks.h"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(Chunks, OfOneTextHoldItWithoutACopy) {
  std::string text(100'000, 'x');
  const char* const bytes = text.data();
  const SharedChunks chunks = one_chunk(std::move(text));
  ASSERT_EQ(chunks->size(), 1u);
  EXPECT_EQ(chunks->front().data(), bytes);
}

}  // namespace
}  // namespace base
