#include "exposition/script_output.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <iterator>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/text.h"
#include "exposition/label_text.h"
#include "exposition/numbers.h"
#include "exposition/script_families.h"
#include "exposition/text_line.h"

namespace exposition {
namespace {

struct Declared {
  RawFamily family;
  bool has_help = false;
  bool has_type = false;
};

// Where a sample belongs.
struct Place {
  Declared* declared = nullptr;  // null: nowhere, read over
  std::string_view suffix;
};

bool is_counter_like(const Place& place) {
  const RawFamily& family = place.declared->family;
  if (family.type == MetricType::counter) return family.name.ends_with(kTotalSuffix);
  const bool has_parts = family.type == MetricType::histogram || family.type == MetricType::summary;
  return has_parts && !place.suffix.empty();
}

// The label that tells the series of one group apart; empty for none.
std::string_view bound_label(const Place& place) {
  const MetricType type = place.declared->family.type;
  if (type == MetricType::histogram && place.suffix == kBucketSuffix) return "le";
  if (type == MetricType::summary && place.suffix.empty()) return "quantile";
  return {};
}

// Whether a family's samples may have its name with this suffix, in either format.
bool has_samples_with(std::string_view suffix, MetricType type) {
  switch (type) {
    case MetricType::counter:
      return suffix == kTotalSuffix || suffix == kCreatedSuffix;
    case MetricType::histogram:
      return suffix != kTotalSuffix;
    case MetricType::summary:
      return suffix != kTotalSuffix && suffix != kBucketSuffix;
    case MetricType::gauge:
    case MetricType::untyped:
      return false;
  }
  return false;
}

class Collector {
 public:
  explicit Collector(const std::vector<std::string>& reserved) : reserved_(reserved) {}

  // The reason why the text cannot be read on, or nothing.
  std::string take(TextLine&& line, std::size_t number);
  bool has_samples() const { return has_samples_; }
  ScriptOutput finish();

 private:
  Declared* find(std::string_view name);
  Declared& find_or_declare(std::string_view name);
  Place place_of(std::string_view name);
  Declared& declare_total(const Declared& base, std::string_view name);
  std::string declare(TextLine&& line);
  std::string take_sample(TextLine&& line, std::size_t number);
  std::string take_labels(const Place& place, TextLine& line, RawSeries& series);
  std::string problem_of_label(std::string_view name) const;
  std::string problem_of_size() const;

  const std::vector<std::string>& reserved_;
  std::deque<Declared> declared_;  // in the order of the text
  std::unordered_map<std::string, Declared*> by_name_;
  std::unordered_set<std::string> seen_;  // the series that are kept
  Refusals refusals_;                     // series that were not
  bool has_samples_ = false;
};

std::string Collector::take(TextLine&& line, std::size_t number) {
  const bool is_full = seen_.size() == kMaxScriptSeries;
  switch (line.kind) {
    case TextLine::Kind::nothing:
      return {};
    case TextLine::Kind::help:
    case TextLine::Kind::type:
      return is_full ? "" : declare(std::move(line));
    case TextLine::Kind::sample:
      break;
  }
  has_samples_ = true;
  const std::string name(line.name);
  std::string refusal = is_full ? "more than " + std::to_string(kMaxScriptSeries) + " series"
                                : take_sample(std::move(line), number);
  if (!refusal.empty()) refusals_.add({.line = number, .name = name, .reason = std::move(refusal)});
  return problem_of_size();
}

// Only of a text with many names and few series.
std::string Collector::problem_of_size() const {
  if (declared_.size() <= kMaxScriptSeries) return {};
  return "more than " + std::to_string(kMaxScriptSeries) + " metrics";
}

std::string Collector::declare(TextLine&& line) {
  Declared& declared = find_or_declare(line.name);
  if (std::string problem = problem_of_size(); !problem.empty()) return problem;
  if (line.kind == TextLine::Kind::help) {
    if (declared.has_help) return "a second HELP for a metric";
    declared.has_help = true;
    declared.family.help = base::trim(base::clean_text(line.help, kMaxScriptHelpBytes));
    return {};
  }
  if (declared.has_type) return "a second TYPE for a metric";
  if (declared.family.has_samples) return "a TYPE after samples of its metric";
  declared.has_type = true;
  declared.family.type = line.type;
  return {};
}

Declared* Collector::find(std::string_view name) {
  const auto found = by_name_.find(std::string(name));
  return found == by_name_.end() ? nullptr : found->second;
}

Declared& Collector::find_or_declare(std::string_view name) {
  const auto [place, is_new] = by_name_.try_emplace(std::string(name), nullptr);
  if (is_new) {
    place->second = &declared_.emplace_back();
    place->second->family.name = name;
  }
  return *place->second;
}

Place Collector::place_of(std::string_view name) {
  if (Declared* own = find(name)) return {own, ""};
  for (const std::string_view suffix :
       {kBucketSuffix, kSumSuffix, kCountSuffix, kTotalSuffix, kCreatedSuffix}) {
    if (!name.ends_with(suffix)) continue;
    Declared* base = find(name.substr(0, name.size() - suffix.size()));
    if (base == nullptr || !has_samples_with(suffix, base->family.type)) continue;
    if (suffix == kCreatedSuffix) return {};
    if (suffix == kTotalSuffix) return {&declare_total(*base, name), ""};
    return {base, suffix};
  }
  return {&find_or_declare(name), ""};
}

// OpenMetrics declares a counter without the _total that its samples have.
Declared& Collector::declare_total(const Declared& base, std::string_view name) {
  Declared& total = find_or_declare(name);
  total.family.type = MetricType::counter;
  total.family.help = base.family.help;
  return total;
}

// The reason why the sample is left out, or nothing.
std::string Collector::take_sample(TextLine&& line, std::size_t number) {
  const Place place = place_of(line.name);
  if (place.declared == nullptr) return {};
  RawFamily& family = place.declared->family;
  family.has_samples = true;
  if (family.name.size() > kMaxScriptNameBytes) {
    return "a name longer than " + std::to_string(kMaxScriptNameBytes) + " bytes";
  }
  if (is_counter_like(place) && !(line.value >= 0)) return "a count below 0, or that is no number";
  if (family.type == MetricType::histogram && place.suffix.empty()) {
    return "a histogram has _bucket, _sum and _count only";
  }
  RawSeries series{.line = number, .suffix = std::string(place.suffix), .value = line.value};
  if (std::string problem = take_labels(place, line, series); !problem.empty()) return problem;
  if (!seen_.insert(family.name + series.suffix + '{' + series.label_text()).second) {
    return "the same series twice";
  }
  family.series.push_back(std::move(series));
  return {};
}

// Sorted, and without the empty ones, which Prometheus takes for absent: else two texts could mean
// the same series.
std::string Collector::take_labels(const Place& place, TextLine& line, RawSeries& series) {
  const std::string_view bound = bound_label(place);
  std::ranges::sort(line.labels);
  for (const auto& [name, value] : line.labels) {
    if (!bound.empty() && name == bound) {
      const auto number = read_number(value);
      if (!number || std::isnan(*number)) return std::string(bound) + " is no number";
      series.bound = *number;
      append_label(series.bound_text, bound, canonical_float(*number));
      continue;
    }
    if (std::string problem = problem_of_label(name); !problem.empty()) return problem;
    if (!value.empty()) append_label(series.group, name, value);
  }
  if (!bound.empty() && series.bound_text.empty()) return "without the label " + std::string(bound);
  if (bound == "quantile" && (series.bound < 0 || series.bound > 1 || line.value < 0)) {
    return "a quantile that is not from 0 to 1, or a value below 0";
  }
  if (series.label_text().size() > kMaxScriptLabelBytes) {
    return "labels longer than " + std::to_string(kMaxScriptLabelBytes) + " bytes";
  }
  return {};
}

std::string Collector::problem_of_label(std::string_view name) const {
  if (std::ranges::find(reserved_, name) != reserved_.end()) {
    return "its label \"" + base::clean_text(name, kMaxScriptNameBytes) +
           "\" is one that the target brings itself";
  }
  if (name.starts_with("__")) return "a label whose name starts with __ is Prometheus' own";
  if (name == "le") return "only a bucket of a histogram may have the label le";
  if (name == "quantile") return "only a summary may have the label quantile";
  return {};
}

ScriptOutput Collector::finish() {
  std::vector<RawFamily> families;
  for (Declared& declared : declared_) {
    if (!declared.family.series.empty()) families.push_back(std::move(declared.family));
  }
  return finished(std::move(families), std::move(refusals_));
}

}  // namespace

base::Result<ScriptOutput> parse_script_output(std::string_view text,
                                               const std::vector<std::string>& reserved) {
  if (text.size() > kMaxScriptBytes) {
    return base::Unexpected{"longer than " + std::to_string(kMaxScriptBytes) + " bytes"};
  }
  Collector collector(reserved);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view shown = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (shown.ends_with('\r')) shown.remove_suffix(1);

    auto line = read_text_line(shown);
    std::string problem = line ? collector.take(std::move(line).value(), number) : line.error();
    if (!problem.empty()) {
      return base::Unexpected{"line " + std::to_string(number) + ": " + std::move(problem)};
    }
  }
  if (!collector.has_samples()) return base::Unexpected{"no metric at all"};
  return collector.finish();
}

}  // namespace exposition
