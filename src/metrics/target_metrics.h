// What /metrics says about targets: one row per metric, written family by family over all targets.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
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
  // Of the whole page, as its lines show them; empty on a page of one target, which names none.
  std::string_view label_text = {};  // identity.label_text
  std::span<const std::string_view> check_texts =
      {};  // label_text,check="NAME", as identity.checks
};

// Every target of a page, each copied once before the walk: a target's families must agree with
// each other (0.6 KB each). The set must outlive it.
class FleetView {
 public:
  FleetView(const state::TargetSet& targets, base::TimePoint now);
  FleetView(const FleetView&) = delete;
  FleetView& operator=(const FleetView&) = delete;

  std::span<const TargetView> targets() const { return views_; }

 private:
  void set_texts();

  std::vector<state::TargetStatus> statuses_;
  std::vector<TargetView> views_;
  // Every row walks over all targets: their texts lie side by side in that order, and not each at
  // its identity.
  std::string texts_;
  std::vector<std::string_view> check_texts_;
};

// Takes the series of one target in the family being written. The label texts are ready ones, from
// append_label().
class Series {
 public:
  Series(exposition::Writer& writer, const TargetView& target) : writer_(writer), target_(target) {}

  template <typename Number>
  void add(Number value, std::string_view label = {}, std::string_view another = {}) {
    writer_.sample("", {target_.label_text, label, another}, value);
  }
  // Of one of the target's checks.
  template <typename Number>
  void add_of_check(std::size_t check, Number value, std::string_view label = {}) {
    writer_.sample("", {target_.check_texts[check], label}, value);
  }
  void add_histogram(std::size_t check, const state::Histogram& histogram,
                     const state::Bounds& bounds);

 private:
  exposition::Writer& writer_;
  const TargetView& target_;
};

struct Row {
  std::string_view name;
  std::string_view help;  // also the reference's last column, so without '|'
  exposition::MetricType type;
  std::string_view labels;  // for the reference, as "target, check"
  Detail least;             // compact: shown always; full: only then
  void (*write)(const TargetView& target, Series& series);  // adds nothing where nothing is known
};

// Every metric of a target, in the page's order: those of any target, then those of a PHP-FPM pool
// (pool_metrics.cc). To add one: one row.
std::span<const Row> target_rows();

void write_target_metrics(std::span<const TargetView> targets, Detail detail,
                          exposition::Writer& writer);

}  // namespace metrics
