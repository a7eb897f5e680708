#include "http/request_reader.h"

#include <utility>

namespace http {

RequestReader::Step RequestReader::step(const HeadLimits& limits) {
  if (bytes_.empty()) return Step::need_more;
  if (!reader_) reader_ = std::make_unique<HeadReader>(limits);
  if (!head_complete_) {
    const Progress progress = reader_->read(bytes_);
    if (progress == Progress::refused) return Step::refused;
    if (progress == Progress::need_more) return Step::need_more;
    head_complete_ = true;
  }
  if (bytes_.size() - reader_->head_bytes() >= head().body_bytes) return Step::complete;
  return std::exchange(body_announced_, true) ? Step::need_more : Step::body_awaited;
}

Head RequestReader::take() {
  Head head = std::move(reader_->head());
  const std::size_t begin = reader_->head_bytes();
  head.request.body = bytes_.substr(begin, head.body_bytes);
  bytes_.erase(0, begin + head.body_bytes);
  // Thousands of idle connections must not each keep the buffer of their last request.
  if (bytes_.empty()) bytes_ = std::string();
  reader_.reset();
  head_complete_ = false;
  body_announced_ = false;
  return head;
}

Head RequestReader::take_without_body() {
  Head head = std::move(reader_->head());
  head.ends_unread = true;
  return head;
}

}  // namespace http
