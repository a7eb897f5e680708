#include "metrics/page_text.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace metrics {
namespace {

double number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') throw std::invalid_argument("no number: " + text);
  return value;
}

// Reads one sample line from left to right.
class Line {
 public:
  explicit Line(std::string_view text) : all_(text), rest_(text) {}

  PageSample sample() {
    PageSample sample;
    sample.name = until("{ ");
    if (take('{')) {
      do {
        const std::string label = until("=");
        expect('=');
        sample.labels[label] = quoted();
      } while (take(','));
      expect('}');
    }
    expect(' ');
    sample.value = number(std::string(rest_));
    return sample;
  }

 private:
  std::string until(std::string_view ends) {
    const std::size_t end = rest_.find_first_of(ends);
    if (end == std::string_view::npos) fail();
    const std::string part(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return part;
  }

  std::string quoted() {
    expect('"');
    std::string value;
    while (!take('"')) {
      const bool is_escaped = take('\\');
      if (rest_.empty()) fail();
      value += is_escaped && rest_.front() == 'n' ? '\n' : rest_.front();
      rest_.remove_prefix(1);
    }
    return value;
  }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail();
  }
  [[noreturn]] void fail() const { throw std::invalid_argument("bad line: " + std::string(all_)); }

  std::string_view all_;
  std::string_view rest_;
};

PageSample parse_sample(std::string_view line) {
  PageSample sample = Line(line).sample();
  for (const char* numeric : {"le", "quantile"}) {
    if (auto label = sample.labels.find(numeric); label != sample.labels.end()) {
      label->second = std::to_string(number(label->second));
    }
  }
  return sample;
}

prometheus::MetricType type_named(const std::string& type) {
  if (type == "counter") return prometheus::MetricType::Counter;
  if (type == "gauge") return prometheus::MetricType::Gauge;
  if (type == "histogram") return prometheus::MetricType::Histogram;
  if (type == "untyped") return prometheus::MetricType::Untyped;
  throw std::invalid_argument("a type that this test does not know: " + type);
}

void add(prometheus::ClientMetric& metric, const PageSample& sample, std::string_view suffix) {
  if (suffix == "_bucket") {
    metric.histogram.bucket.push_back(
        {static_cast<std::uint64_t>(sample.value), number(sample.labels.at("le"))});
  } else if (suffix == "_sum") {
    metric.histogram.sample_sum = sample.value;
  } else if (suffix == "_count") {
    metric.histogram.sample_count = static_cast<std::uint64_t>(sample.value);
  } else {
    metric.counter.value = metric.gauge.value = metric.untyped.value = sample.value;
  }
}

prometheus::MetricFamily as_family(const std::string& name, const PageFamily& page_family) {
  prometheus::MetricFamily family{name, page_family.help, type_named(page_family.type), {}};
  std::map<std::map<std::string, std::string>, std::size_t> index_of;
  for (const PageSample& sample : page_family.samples) {
    auto labels = sample.labels;
    labels.erase("le");
    const auto [found, is_new] = index_of.try_emplace(labels, family.metric.size());
    if (is_new) {
      family.metric.emplace_back();
      for (const auto& [key, value] : labels) family.metric.back().label.push_back({key, value});
    }
    add(family.metric[found->second], sample, std::string_view(sample.name).substr(name.size()));
  }
  return family;
}

}  // namespace

PageText parse_page(std::string_view text) {
  PageText page;
  std::string current;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash, keyword, name, rest;
    if (line.starts_with("# ") && words >> hash >> keyword >> name) {
      std::getline(words >> std::ws, rest);
      current = name;
      (keyword == "HELP" ? page[current].help : page[current].type) = rest;
    } else {
      page[current].samples.push_back(parse_sample(line));
    }
  }
  return page;
}

std::vector<double> values(const PageText& page, const std::string& family,
                           const std::map<std::string, std::string>& labels) {
  std::vector<double> found;
  const auto at = page.find(family);
  if (at == page.end()) return found;
  for (const PageSample& sample : at->second.samples) {
    const bool fits =
        std::includes(sample.labels.begin(), sample.labels.end(), labels.begin(), labels.end());
    if (fits) found.push_back(sample.value);
  }
  return found;
}

PageText sorted(PageText page) {
  for (auto& [name, family] : page) std::sort(family.samples.begin(), family.samples.end());
  return page;
}

std::vector<prometheus::MetricFamily> as_families(const PageText& page) {
  std::vector<prometheus::MetricFamily> families;
  for (const auto& [name, family] : page) families.push_back(as_family(name, family));
  return families;
}

}  // namespace metrics
