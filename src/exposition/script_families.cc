#include "exposition/script_families.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/text.h"

namespace exposition {
namespace {

constexpr std::string_view kNoHelp = "Printed by a script of the target.";

std::string page_name(const std::string& name) {
  const bool is_of_php = name.starts_with("phpfpm_") || name.starts_with("php_");
  return is_of_php ? name : std::string(kScriptPrefix) + name;
}

MetricType page_type(const RawFamily& family) {
  const bool is_counter = family.type == MetricType::counter;
  return is_counter && !family.name.ends_with(kTotalSuffix) ? MetricType::untyped : family.type;
}

// Buckets or quantiles, then _sum, then _count.
int rank_of(const RawSeries& series) {
  if (series.suffix == kSumSuffix) return 1;
  return series.suffix == kCountSuffix ? 2 : 0;
}

// Each group's series side by side, groups in the order of the text.
void put_groups_together(std::vector<RawSeries>& all) {
  std::unordered_map<std::string, std::size_t> first_lines;
  for (RawSeries& series : all) {
    series.group_line = first_lines.try_emplace(series.group, series.line).first->second;
  }
  const auto key = [](const RawSeries& series) {
    return std::tuple(series.group_line, rank_of(series), series.bound);
  };
  std::ranges::stable_sort(all, {}, key);
}

bool is_whole_number(double value) {
  return std::isfinite(value) && std::floor(value) == value;
}

using Iterator = std::vector<RawSeries>::const_iterator;

// The reason why a group is no histogram, or nothing. Its series are sorted, and none is below 0.
std::string_view problem_of_histogram(Iterator begin, Iterator end) {
  const Iterator sum = std::find_if(begin, end, [](const auto& s) { return rank_of(s) > 0; });
  if (sum == begin || sum[-1].bound != HUGE_VAL) return "a histogram without a bucket up to +Inf";
  if (end - sum != 2) return "a histogram without _sum or _count";
  if (begin->bound < 0) return "a histogram with a bucket below 0";
  const auto falls = [](const auto& a, const auto& b) { return a.value > b.value; };
  if (std::adjacent_find(begin, sum, falls) != sum)
    return "a histogram whose buckets do not ascend";
  if (!std::all_of(begin, sum, [](const auto& s) { return is_whole_number(s.value); })) {
    return "a histogram with a part of an observation";
  }
  if (sum[-1].value != sum[1].value) return "a histogram whose +Inf bucket is not its count";
  return {};
}

void leave_out_broken_histograms(RawFamily& family, Refusals& refusals) {
  std::vector<RawSeries> whole;
  for (auto begin = family.series.cbegin(); begin != family.series.cend();) {
    const auto end = std::find_if(begin, family.series.cend(),
                                  [&](const auto& s) { return s.group != begin->group; });
    if (const auto problem = problem_of_histogram(begin, end); problem.empty()) {
      whole.insert(whole.end(), begin, end);
    } else {
      refusals.add({.line = begin->line, .name = family.name, .reason = std::string(problem)},
                   static_cast<std::size_t>(end - begin));
    }
    begin = end;
  }
  family.series = std::move(whole);
}

void leave_out_broken_counts(RawFamily& family, Refusals& refusals) {
  const auto is_broken = [&](const RawSeries& series) {
    if (series.suffix != kCountSuffix || is_whole_number(series.value)) return false;
    refusals.add({.line = series.line,
                  .name = family.name,
                  .reason = "a summary with a part of an observation"});
    return true;
  };
  std::erase_if(family.series, is_broken);
}

ScriptFamily finished(RawFamily&& raw, std::string name) {
  ScriptFamily family;
  family.name = std::move(name);
  family.help = raw.help.empty() ? kNoHelp : std::move(raw.help);
  family.type = page_type(raw);
  family.samples.reserve(raw.series.size());
  for (RawSeries& series : raw.series) {
    family.samples.push_back({.suffix = std::move(series.suffix),
                              .label_text = series.label_text(),
                              .value = series.value});
  }
  return family;
}

}  // namespace

std::string RawSeries::label_text() const {
  if (group.empty() || bound_text.empty()) return group + bound_text;
  return group + ',' + bound_text;
}

void Refusals::add(const Refusal& refusal, std::size_t series) {
  series_ += series;
  if (first_line_ != 0 && first_line_ <= refusal.line) return;
  first_line_ = refusal.line;
  first_ = "line " + std::to_string(refusal.line) + ", " +
           base::clean_text(refusal.name, kMaxScriptNameBytes) + ": " + refusal.reason;
}

ScriptOutput finished(std::vector<RawFamily>&& families, Refusals&& refusals) {
  ScriptOutput output;
  std::unordered_set<std::string> taken;
  for (RawFamily& family : families) {
    const std::size_t first_line = family.series.front().line;
    if (family.type == MetricType::histogram || family.type == MetricType::summary) {
      put_groups_together(family.series);
    }
    if (family.type == MetricType::histogram) leave_out_broken_histograms(family, refusals);
    if (family.type == MetricType::summary) leave_out_broken_counts(family, refusals);
    if (family.series.empty()) continue;

    std::string name = page_name(family.name);
    std::vector<std::string> names = taken_names(name, page_type(family));
    const auto is_taken = [&](const std::string& one) { return taken.contains(one); };
    if (std::ranges::any_of(names, is_taken)) {
      refusals.add({.line = first_line,
                    .name = family.name,
                    .reason = "another metric before it takes up that name"},
                   family.series.size());
      continue;
    }
    taken.insert(std::make_move_iterator(names.begin()), std::make_move_iterator(names.end()));
    output.series += family.series.size();
    output.families.push_back(finished(std::move(family), std::move(name)));
  }
  std::ranges::sort(output.families, {}, &ScriptFamily::name);
  output.refused = refusals.series();
  output.first_refusal = refusals.first();
  return output;
}

std::vector<std::string> taken_names(std::string_view name, MetricType type) {
  std::vector<std::string> names{std::string(name)};
  std::string_view base = name;
  const auto take = [&](std::string_view suffix) {
    names.push_back(std::string(base).append(suffix));
  };
  switch (type) {
    case MetricType::counter:
      if (base.ends_with(kTotalSuffix)) base.remove_suffix(kTotalSuffix.size());
      take("");
      take(kCreatedSuffix);
      break;
    case MetricType::histogram:
      take(kBucketSuffix);
      [[fallthrough]];
    case MetricType::summary:
      take(kSumSuffix);
      take(kCountSuffix);
      take(kCreatedSuffix);
      break;
    case MetricType::gauge:
    case MetricType::untyped:
      break;
  }
  return names;
}

}  // namespace exposition
