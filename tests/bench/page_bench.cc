// How long and how large a page of many targets is, beside prometheus-cpp's own serializer of the
// same content. Usage: page_bench [TARGETS]; build it with the release preset.
#include <malloc.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "metrics/page.h"
#include "metrics/page_text.h"
#include "metrics/sample_fleet.h"

namespace {

constexpr int kRuns = 9;

// Throws the text away, so that only the walk's own memory is seen.
class CountingSink : public exposition::Sink {
 public:
  void take(std::string&& chunk) override {
    bytes_ += chunk.size();
    most_heap_ = std::max(most_heap_, mallinfo2().uordblks + mallinfo2().hblkhd);
  }
  std::size_t bytes() const { return bytes_; }
  std::size_t most_heap() const { return most_heap_; }

 private:
  std::size_t bytes_ = 0;
  std::size_t most_heap_ = 0;
};

// Of processor time: other programs on the machine must not count.
template <typename Work>
double median_ms(Work work) {
  std::vector<double> times;
  for (int run = 0; run < kRuns; ++run) {
    const std::clock_t start = std::clock();
    work();
    times.push_back(1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  std::nth_element(times.begin(), times.begin() + kRuns / 2, times.end());
  return times[kRuns / 2];
}

metrics::PageSize write(const state::TargetSet& targets, exposition::Format format,
                        exposition::Sink& sink) {
  static const state::Vitals vitals(1);
  static const metrics::ExporterReadings readings;
  return metrics::write_page(
      {.targets = targets, .vitals = vitals, .readings = readings, .now = metrics::kNow}, format,
      sink);
}

void measure(const char* name, const state::TargetSet& targets, exposition::Format format) {
  const std::size_t heap_before = mallinfo2().uordblks + mallinfo2().hblkhd;
  CountingSink sink;
  const metrics::PageSize size = write(targets, format, sink);
  const double discarded = median_ms([&] {
    CountingSink again;
    write(targets, format, again);
  });
  const double kept = median_ms([&] {
    exposition::ChunkSink chunks;
    write(targets, format, chunks);
  });
  std::printf(
      "%s: %zu series, %.1f MB, %.1f ms CPU (kept in chunks %.1f ms), %.1f MB beside the text\n",
      name, static_cast<std::size_t>(size.series), static_cast<double>(sink.bytes()) / 1e6,
      discarded, kept, static_cast<double>(sink.most_heap() - heap_before) / 1e6);
}

void measure_stock(const state::TargetSet& targets) {
  exposition::ChunkSink sink;
  write(targets, exposition::Format::text_0_0_4, sink);
  std::string text;
  for (const std::string& chunk : sink.take_chunks()) text += chunk;
  const auto families = metrics::as_families(metrics::parse_page(text));
  const double took = median_ms([&] { prometheus::TextSerializer().Serialize(families); });
  std::printf("prometheus::TextSerializer of ready families: %.1f ms CPU\n", took);
}

}  // namespace

int main(int argc, char** argv) {
  const auto count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10'000;
  const state::TargetSet targets = metrics::large_fleet(count);
  measure("text 0.0.4", targets, exposition::Format::text_0_0_4);
  measure("OpenMetrics", targets, exposition::Format::openmetrics_1_0);
  measure_stock(targets);
}
