// Writes metric families as text into chunks of fixed size, never into one growing string: 10,000
// targets are 43 MB. One walk serves both formats. One thread per writer.
// Order of calls: family(), its samples, next family(), ..., finish(). A family may come only once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/chunks.h"
#include "base/time.h"

namespace exposition {

enum class Format : std::uint8_t { text_0_0_4, openmetrics_1_0 };
std::string_view content_type(Format format);

enum class MetricType : std::uint8_t { gauge, counter, histogram, summary, untyped };
std::string_view label(MetricType type);  // as text 0.0.4 says it

// Where the finished text goes, chunk by chunk (a list, or a gzip stream).
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void take(std::string&& chunk) = 0;
};

class ChunkSink : public Sink {
 public:
  void take(std::string&& chunk) override { chunks_.push_back(std::move(chunk)); }
  base::Chunks take_chunks() { return std::move(chunks_); }

 private:
  base::Chunks chunks_;
};

// Texts from append_label(), joined by commas on the page; empty ones are left out.
using LabelTexts = std::initializer_list<std::string_view>;

class Writer {
 public:
  static constexpr std::size_t kChunkBytes = 128 << 10;
  static constexpr std::size_t kMaxLineBytes = 8 << 10;

  Writer(Format format, Sink& sink);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // `name` as in text 0.0.4, so a counter's ends in _total. The header appears with the first
  // sample: a family without samples leaves no trace.
  void family(std::string_view name, std::string_view help, MetricType type);

  // One line of the family: name + suffix ("", "_bucket", "_sum", "_count"), labels, value. A line
  // that could pass kMaxLineBytes is left out and counted.
  void sample(std::string_view suffix, LabelTexts labels, double value);
  void sample(std::string_view suffix, LabelTexts labels, std::uint64_t value);
  void sample(std::string_view suffix, LabelTexts labels, base::Duration value);  // in seconds

  void finish();  // "# EOF" for OpenMetrics; hands the last chunk to the sink

  Format format() const { return format_; }
  std::uint64_t samples() const { return samples_; }
  std::uint64_t refused_lines() const { return refused_lines_; }

 private:
  template <typename Number>
  void write_sample(std::string_view suffix, LabelTexts labels, Number value);
  void write_header();
  void put(std::string_view text);
  void make_room(std::size_t bytes);

  const Format format_;
  Sink& sink_;
  // Of the current family.
  std::string sample_name_;
  std::string header_;  // not yet written; empty afterwards
  // The chunk being filled. Plain memory, as a std::string would be zeroed or checked at each
  // append.
  std::unique_ptr<char[]> chunk_;
  std::size_t used_ = 0;

  std::uint64_t samples_ = 0;
  std::uint64_t refused_lines_ = 0;
};

}  // namespace exposition
