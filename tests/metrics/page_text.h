// A page read back, for tests: families with their samples, bounds compared as numbers.
#pragma once

#include <prometheus/metric_family.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "exposition/writer.h"

namespace metrics {

struct PageSample {
  std::string name;
  std::map<std::string, std::string> labels;  // le and quantile rewritten to one form of the number
  double value = 0;

  auto operator<=>(const PageSample&) const = default;
};

struct PageFamily {
  std::string help;
  std::string type;
  std::vector<PageSample> samples;

  bool operator==(const PageFamily&) const = default;
};

using PageText = std::map<std::string, PageFamily>;

// Of text 0.0.4. Throws std::invalid_argument with the line that is not as the format says.
PageText parse_page(std::string_view text);

// The values of a family whose labels include `labels`, in the page's order; none when the page
// does not have the family.
std::vector<double> values(const PageText& page, const std::string& family,
                           const std::map<std::string, std::string>& labels);

// With the samples sorted, to compare pages whose order may differ.
PageText sorted(PageText page);

// Of a family with one sample.
inline double value(const PageText& page, const std::string& family) {
  return page.at(family).samples.front().value;
}

// The same page as prometheus-cpp's values.
std::vector<prometheus::MetricFamily> as_families(const PageText& page);

// The text that `write(writer)` makes.
template <typename Write>
std::string written(exposition::Format format, Write write) {
  exposition::ChunkSink sink;
  exposition::Writer writer(format, sink);
  write(writer);
  writer.finish();
  std::string text;
  for (const std::string& chunk : sink.take_chunks()) text += chunk;
  return text;
}

}  // namespace metrics
