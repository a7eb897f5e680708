// What /metrics says about targets: one row per metric, written family by family over all targets.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "exposition/writer.h"
#include "metrics/page.h"
#include "state/board.h"
#include "state/target_record.h"

namespace metrics {

// One target as the rows see it: its own copy of the status, the same for every row of a page.
struct TargetView {
  const state::TargetIdentity& identity;
  const state::TargetStatus& status;
  base::TimePoint now;
};

// Takes the series of one target in the family being written. The label texts are ready ones, from
// append_label().
class Series {
 public:
  Series(exposition::Writer& writer, std::string_view target_label_text)
      : writer_(writer), target_(target_label_text) {}

  template <typename Number>
  void add(Number value, std::string_view label = {}, std::string_view another = {}) {
    writer_.sample("", {target_, label, another}, value);
  }
  void add_histogram(const state::Histogram& histogram, const state::Bounds& bounds,
                     std::string_view label);

 private:
  exposition::Writer& writer_;
  std::string_view target_;
};

struct Row {
  std::string_view name;
  std::string_view help;  // also the reference's last column, so without '|'
  exposition::MetricType type;
  std::string_view labels;  // for the reference, as "target, check"
  Detail least;             // compact: shown always; full: only then
  void (*write)(const TargetView& target, Series& series);  // adds nothing where nothing is known
};

// Every metric of a target, in the page's order. To add one: one row.
std::span<const Row> target_rows();

void write_target_metrics(const state::TargetSet& targets, Detail detail, base::TimePoint now,
                          exposition::Writer& writer);

}  // namespace metrics
