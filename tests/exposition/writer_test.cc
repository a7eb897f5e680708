#include "exposition/writer.h"

#include <gtest/gtest.h>

#include <numeric>

#include "exposition/label_text.h"

namespace exposition {
namespace {

using std::uint64_t;

std::string joined(const base::Chunks& chunks) {
  return std::accumulate(chunks.begin(), chunks.end(), std::string());
}

// The text that `write` makes in a format.
template <typename Write>
std::string page(Format format, Write write) {
  ChunkSink sink;
  Writer writer(format, sink);
  write(writer);
  writer.finish();
  return joined(sink.take_chunks());
}

void write_each_type(Writer& writer) {
  writer.family("jobs_total", "Jobs \"done\".\nSince C:\\start.", MetricType::counter);
  writer.sample("", {R"(target="a")", R"(check="ping")"}, uint64_t{3});
  writer.family("heat", "Heat.", MetricType::gauge);
  writer.sample("", {}, 0.5);
  writer.family("time_seconds", "Time.", MetricType::histogram);
  writer.sample("_bucket", {"", R"(le="1.0")"}, uint64_t{1});
  writer.sample("_bucket", {R"(le="+Inf")", ""}, uint64_t{2});
  writer.sample("_sum", {"", ""}, 7.25);
  writer.sample("_count", {}, uint64_t{2});
  writer.family("thing", "Thing.", MetricType::untyped);
  writer.sample("", {R"(a="1")"}, uint64_t{1});
}

TEST(Writer, WritesText) {
  EXPECT_EQ(page(Format::text_0_0_4, write_each_type),
            R"(# HELP jobs_total Jobs "done".\nSince C:\\start.
# TYPE jobs_total counter
jobs_total{target="a",check="ping"} 3
# HELP heat Heat.
# TYPE heat gauge
heat 0.5
# HELP time_seconds Time.
# TYPE time_seconds histogram
time_seconds_bucket{le="1.0"} 1
time_seconds_bucket{le="+Inf"} 2
time_seconds_sum 7.25
time_seconds_count 2
# HELP thing Thing.
# TYPE thing untyped
thing{a="1"} 1
)");
}

TEST(Writer, WritesOpenMetrics) {
  EXPECT_EQ(page(Format::openmetrics_1_0, write_each_type), R"(# TYPE jobs counter
# HELP jobs Jobs \"done\".\nSince C:\\start.
jobs_total{target="a",check="ping"} 3
# TYPE heat gauge
# HELP heat Heat.
heat 0.5
# TYPE time_seconds histogram
# HELP time_seconds Time.
time_seconds_bucket{le="1.0"} 1
time_seconds_bucket{le="+Inf"} 2
time_seconds_sum 7.25
time_seconds_count 2
# TYPE thing unknown
# HELP thing Thing.
thing{a="1"} 1
# EOF
)");
}

TEST(Writer, GivesEveryOpenMetricsCounterItsSuffix) {
  const std::string text = page(Format::openmetrics_1_0, [](Writer& writer) {
    writer.family("jobs", "Jobs.", MetricType::counter);
    writer.sample("", {}, uint64_t{1});
  });
  EXPECT_EQ(text, "# TYPE jobs counter\n# HELP jobs Jobs.\njobs_total 1\n# EOF\n");
}

TEST(Writer, LeavesNoTraceOfAFamilyWithoutSamples) {
  const auto no_samples = [](Writer& writer) {
    writer.family("nothing", "Nothing.", MetricType::gauge);
    writer.family("more_of_it", "Nothing.", MetricType::gauge);
  };
  EXPECT_EQ(page(Format::text_0_0_4, no_samples), "");
  EXPECT_EQ(page(Format::openmetrics_1_0, no_samples), "# EOF\n");
}

TEST(Writer, HandsOverChunksOfBoundedSizeCutBetweenLines) {
  ChunkSink sink;
  Writer writer(Format::text_0_0_4, sink);
  writer.family("heat", "Heat.", MetricType::gauge);
  const std::string labels = R"(name=")" + std::string(1000, 'x') + '"';
  constexpr uint64_t kLines = 1000;
  for (uint64_t i = 0; i < kLines; ++i) writer.sample("", {labels}, i);
  writer.finish();

  const base::Chunks chunks = sink.take_chunks();
  EXPECT_GE(chunks.size(), kLines * 1000 / Writer::kChunkBytes);
  std::string wanted = "# HELP heat Heat.\n# TYPE heat gauge\n";
  for (uint64_t i = 0; i < kLines; ++i)
    wanted += "heat{" + labels + "} " + std::to_string(i) + "\n";
  EXPECT_EQ(joined(chunks), wanted);
  for (const std::string& chunk : chunks) {
    EXPECT_LE(chunk.size(), Writer::kChunkBytes);
    EXPECT_EQ(chunk.back(), '\n');
  }
  EXPECT_EQ(writer.samples(), kLines);
}

TEST(Writer, LeavesOutAndCountsALineThatIsTooLong) {
  ChunkSink sink;
  Writer writer(Format::text_0_0_4, sink);
  writer.family("heat", std::string(Writer::kMaxLineBytes, 'h'), MetricType::gauge);
  writer.sample("", {std::string(Writer::kMaxLineBytes, 'x')}, 1.0);
  writer.sample(
      "",
      {std::string(Writer::kMaxLineBytes / 2, 'x'), std::string(Writer::kMaxLineBytes / 2, 'y')},
      1.0);
  writer.sample("", {R"(a="1")"}, 2.0);
  writer.finish();
  EXPECT_EQ(joined(sink.take_chunks()), "# TYPE heat gauge\nheat{a=\"1\"} 2\n");
  EXPECT_EQ(writer.refused_lines(), 3u);
  EXPECT_EQ(writer.samples(), 1u);
}

TEST(Writer, NamesTheContentTypes) {
  EXPECT_EQ(content_type(Format::text_0_0_4), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(content_type(Format::openmetrics_1_0),
            "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

}  // namespace
}  // namespace exposition
