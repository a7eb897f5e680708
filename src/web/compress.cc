#include "web/compress.h"

#include <memory>

#include "http/gzip.h"
#include "web/accept.h"

namespace web {

void compress_if_accepted(http::Answer& answer, const http::Request& request) {
  answer.headers.emplace_back("Vary", "Accept-Encoding");
  if (!accepts_gzip(request.accept_encoding)) return;
  if (http::body_bytes(answer) < kMinCompressedBytes) return;
  http::Gzip gzip;
  for (const std::string& chunk : *answer.body) gzip.add(chunk);
  answer.body = std::make_shared<const base::Chunks>(gzip.finish());
  answer.headers.emplace_back("Content-Encoding", "gzip");
}

}  // namespace web
