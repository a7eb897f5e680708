// Compresses a long text as it is made: chunks in, chunks out, one deflate stream (concatenated
// members are legal gzip, but not every client reads past the first). Owned by one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/chunks.h"

namespace http {

class Gzip {
 public:
  static constexpr std::size_t kChunkBytes = 64 << 10;

  Gzip();
  ~Gzip();
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  void add(std::string_view text);
  base::Chunks finish();  // once, at the end

 private:
  struct Stream;
  void deflate_all(int flush);

  std::unique_ptr<Stream> stream_;
  base::Chunks chunks_;
};

}  // namespace http
