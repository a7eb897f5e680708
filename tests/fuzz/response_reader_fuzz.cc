// Any bytes from a peer, cut in any way: the reader ends in the same state as when fed whole, stays
// within its bounds and never changes its verdict; the transcript of the same bytes holds no
// control character. An input is an answer as it is on the wire, so that every recorded answer is a
// seed.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "fastcgi/reading.h"
#include "fastcgi/transcript.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// Where to cut depends on the bytes themselves, so that an input is all it takes to repeat a
// finding.
std::uint32_t cut_seed(std::string_view bytes) {
  std::uint32_t seed = 0;
  for (const char byte : bytes) seed = seed * 31 + static_cast<unsigned char>(byte);
  return seed;
}

// A small generator chooses the cuts, mostly into pieces shorter than a record header.
fastcgi::Reading read_cut_at_random(std::string_view bytes) {
  std::uint32_t random = cut_seed(bytes);
  fastcgi::ResponseReader reader;
  fastcgi::Progress progress = reader.feed({});
  while (!bytes.empty()) {
    random = random * 1664525 + 1013904223;
    const std::size_t longest = (random & 0x10000) != 0 ? 200 : 9;
    const std::string_view piece = bytes.substr(0, 1 + (random >> 24) % longest);
    const fastcgi::Progress before = progress;
    progress = reader.feed(piece);
    require(before == fastcgi::Progress::need_more || before == progress);
    bytes.remove_prefix(piece.size());
  }
  return fastcgi::Reading::of(progress, reader);
}

void require_within_bounds(const fastcgi::Reading& reading) {
  const fastcgi::Response& response = reading.response;
  require(response.headers.size() + response.body.size() <= fastcgi::kMaxAnswerBytes);
  require(response.stderr_text.size() <= fastcgi::kMaxStderrKeptBytes);
  const bool has_failed = reading.progress != fastcgi::Progress::need_more &&
                          reading.progress != fastcgi::Progress::complete;
  require(has_failed == !reading.problem.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const fastcgi::Reading whole = fastcgi::read_whole(bytes);
  require(whole == fastcgi::read_in_pieces(bytes, 1));
  require(whole == read_cut_at_random(bytes));
  require_within_bounds(whole);
  for (const std::string& line : fastcgi::describe_records(bytes)) {
    for (const char c : line) require(static_cast<unsigned char>(c) >= ' ');
  }
  return 0;
}
