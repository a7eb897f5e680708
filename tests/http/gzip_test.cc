#include "http/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace http {
namespace {

struct Unpacked {
  std::string text;
  int result = Z_OK;
  std::size_t left_over = 0;
};

Unpacked unpack(const base::Chunks& chunks) {
  std::string packed;
  for (const std::string& chunk : chunks) packed += chunk;
  z_stream z{};
  EXPECT_EQ(inflateInit2(&z, 15 + 16), Z_OK);
  z.next_in = reinterpret_cast<Bytef*>(packed.data());
  z.avail_in = static_cast<uInt>(packed.size());
  Unpacked unpacked;
  std::string buffer(1 << 16, '\0');
  while (unpacked.result == Z_OK) {
    z.next_out = reinterpret_cast<Bytef*>(buffer.data());
    z.avail_out = static_cast<uInt>(buffer.size());
    unpacked.result = inflate(&z, Z_NO_FLUSH);
    unpacked.text.append(buffer, 0, buffer.size() - z.avail_out);
  }
  unpacked.left_over = z.avail_in;
  inflateEnd(&z);
  return unpacked;
}

// Text that does not compress to nothing.
std::string numbers(std::size_t bytes) {
  std::string text;
  for (std::uint32_t i = 1; text.size() < bytes; ++i) {
    text += std::to_string(i * 2654435761U) + "\n";
  }
  return text;
}

TEST(Gzip, IsOneStreamOfManyChunks) {
  const std::string text = numbers(3 << 20);
  Gzip gzip;
  for (std::size_t at = 0; at < text.size(); at += 100'000) {
    gzip.add(std::string_view(text).substr(at, 100'000));
  }
  const base::Chunks chunks = gzip.finish();
  EXPECT_GT(chunks.size(), 2U);
  for (const std::string& chunk : chunks) {
    EXPECT_FALSE(chunk.empty());
    EXPECT_LE(chunk.size(), Gzip::kChunkBytes);
  }
  const Unpacked unpacked = unpack(chunks);
  EXPECT_EQ(unpacked.result, Z_STREAM_END);
  EXPECT_EQ(unpacked.left_over, 0U);
  EXPECT_TRUE(unpacked.text == text);
}

TEST(Gzip, PacksNothingToo) {
  Gzip gzip;
  gzip.add("");
  const Unpacked unpacked = unpack(gzip.finish());
  EXPECT_EQ(unpacked.result, Z_STREAM_END);
  EXPECT_EQ(unpacked.text, "");
}

TEST(Gzip, GivesTheSameBytesHoweverTheTextIsCut) {
  const std::string text = numbers(20'000);
  Gzip whole;
  whole.add(text);
  const base::Chunks want = whole.finish();
  for (const std::size_t size : {1U, 7U, 4096U}) {
    Gzip cut;
    for (std::size_t at = 0; at < text.size(); at += size) {
      cut.add(std::string_view(text).substr(at, size));
    }
    EXPECT_TRUE(cut.finish() == want) << size;
  }
}

}  // namespace
}  // namespace http
