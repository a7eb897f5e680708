#include "http/output.h"

#include <algorithm>
#include <utility>

namespace http {

void Output::start(std::string head, base::SharedChunks body) {
  head_ = std::move(head);
  body_ = std::move(body);
  index_ = 0;
  offset_ = 0;
  skip_sent();
}

std::size_t Output::next(std::span<iovec> pieces, std::size_t max_bytes) const {
  std::size_t filled = 0;
  std::size_t offset = offset_;
  for (std::size_t i = index_; i < piece_count() && filled < pieces.size() && max_bytes > 0; ++i) {
    const std::string_view rest = piece(i).substr(offset, max_bytes);
    offset = 0;
    if (rest.empty()) continue;
    // The kernel only reads; iovec has no const form.
    pieces[filled++] = {.iov_base = const_cast<char*>(rest.data()), .iov_len = rest.size()};
    max_bytes -= rest.size();
  }
  return filled;
}

void Output::sent(std::size_t bytes) {
  while (bytes > 0) {
    const std::size_t step = std::min(bytes, piece(index_).size() - offset_);
    offset_ += step;
    bytes -= step;
    skip_sent();
  }
}

void Output::clear() {
  *this = Output();
}

std::string_view Output::piece(std::size_t index) const {
  return index == 0 ? std::string_view(head_) : std::string_view((*body_)[index - 1]);
}

void Output::skip_sent() {
  while (!is_done() && offset_ == piece(index_).size()) {
    ++index_;
    offset_ = 0;
  }
}

}  // namespace http
