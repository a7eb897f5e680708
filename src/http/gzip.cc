#include "http/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <string>
#include <utility>

namespace http {
namespace {

// Level 2 was the fastest of all on metrics text (56 ms for 18 MB, 12.5 times smaller); 6 takes
// five times as long for a sixth less.
constexpr int kLevel = 2;
constexpr int kGzipWindowBits = 15 + 16;  // the largest window, in gzip's own wrapping
constexpr int kMemoryLevel = 8;           // zlib's default

}  // namespace

struct Gzip::Stream {
  Stream() {
    // The only failure with these constants is that memory is gone.
    if (deflateInit2(&z, kLevel, Z_DEFLATED, kGzipWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~Stream() { deflateEnd(&z); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream z{};
  std::string buffer = std::string(kChunkBytes, '\0');
};

Gzip::Gzip() : stream_(std::make_unique<Stream>()) {}
Gzip::~Gzip() = default;

void Gzip::add(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = std::min<std::size_t>(text.size(), std::numeric_limits<uInt>::max());
    // zlib only reads; its pointer is not const for history's sake.
    stream_->z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_->z.avail_in = static_cast<uInt>(bytes);
    deflate_all(Z_NO_FLUSH);
    text.remove_prefix(bytes);
  }
}

base::Chunks Gzip::finish() {
  deflate_all(Z_FINISH);
  return std::move(chunks_);
}

// Until the input is used up (and at the end everything is written out).
void Gzip::deflate_all(int flush) {
  z_stream& z = stream_->z;
  std::string& buffer = stream_->buffer;
  bool is_done = false;
  while (!is_done) {
    if (z.avail_out == 0) {
      z.next_out = reinterpret_cast<Bytef*>(buffer.data());
      z.avail_out = static_cast<uInt>(buffer.size());
    }
    const int result = deflate(&z, flush);
    is_done = flush == Z_FINISH ? result == Z_STREAM_END : z.avail_in == 0;
    if (z.avail_out == 0 || (is_done && flush == Z_FINISH)) {
      chunks_.emplace_back(buffer, 0, buffer.size() - z.avail_out);
    }
  }
}

}  // namespace http
