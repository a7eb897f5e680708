// Any bytes from a peer, cut in any way: the reader ends in the same state as when fed whole, stays
// within its bounds and never changes its verdict; the transcript of the same bytes holds no
// control character. An input is an answer as it is on the wire, so that every recorded answer is a
// seed.
#include <cstdint>
#include <string>
#include <string_view>

#include "fastcgi/reading.h"
#include "fastcgi/transcript.h"
#include "fuzzing.h"

namespace {

using fuzz::require;

// Mostly into pieces shorter than a record header.
fastcgi::Reading read_cut_at_random(std::string_view bytes) {
  fuzz::Cuts cuts(bytes);
  fastcgi::ResponseReader reader;
  fastcgi::Progress progress = reader.feed({});
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, cuts.next());
    const fastcgi::Progress before = progress;
    progress = reader.feed(piece);
    require(before == fastcgi::Progress::need_more || before == progress);
    bytes.remove_prefix(piece.size());
  }
  return fastcgi::Reading::of(progress, reader);
}

void require_within_bounds(const fastcgi::Reading& reading) {
  const fastcgi::Response& response = reading.response;
  require(response.body.size() <= fastcgi::kMaxAnswerBytes);
  require(response.stderr_text.size() <= fastcgi::kMaxStderrKeptBytes);
  const bool has_failed = reading.progress != fastcgi::Progress::need_more &&
                          reading.progress != fastcgi::Progress::complete;
  require(has_failed == !reading.problem.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  const fastcgi::Reading whole = fastcgi::read_whole(bytes);
  require(whole == fastcgi::read_in_pieces(bytes, 1));
  require(whole == read_cut_at_random(bytes));
  require_within_bounds(whole);
  for (const std::string& line : fastcgi::describe_records(bytes)) {
    for (const char c : line) require(static_cast<unsigned char>(c) >= ' ');
  }
  return 0;
}
