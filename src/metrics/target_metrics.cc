#include "metrics/target_metrics.h"

#include <array>
#include <cstddef>
#include <iterator>
#include <string>

#include "exposition/label_text.h"
#include "metrics/pool_metrics.h"
#include "probe/attempt.h"
#include "probe/health.h"
#include "probe/outcome.h"

namespace metrics {
namespace {

using exposition::MetricType;
using probe::Reason;
using state::CheckStatus;

// name="label" for each of the first N values of an enum.
template <typename Enum, std::size_t N>
std::array<std::string, N> label_texts(std::string_view name) {
  std::array<std::string, N> texts;
  for (std::size_t i = 0; i < N; ++i) {
    exposition::append_label(texts[i], name, label(static_cast<Enum>(i)));
  }
  return texts;
}

void add_up(const TargetView& target, Series& series) {
  const std::optional<bool> up = target.status.health.up(target.now);
  if (up) series.add(std::uint64_t{*up});
}

void add_health(const TargetView& target, Series& series) {
  static const auto states = label_texts<probe::Health, 4>("state");
  const auto current = static_cast<std::size_t>(target.status.health.health(target.now));
  for (std::size_t i = 0; i < states.size(); ++i) {
    series.add(std::uint64_t{i == current}, states[i]);
  }
}

// One series per check, of a number that CheckStatus holds.
template <std::uint64_t CheckStatus::*number>
void add_per_check(const TargetView& target, Series& series) {
  const auto& checks = target.status.checks;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    series.add_of_check(i, checks[i].*number);
  }
}

void add_durations(const TargetView& target, Series& series) {
  const auto& checks = target.status.checks;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    series.add_histogram(i, checks[i].durations, *target.identity.bounds);
  }
}

void add_failures(const TargetView& target, Series& series) {
  static const auto reasons = label_texts<Reason, probe::kReasonCount>("reason");
  const auto& checks = target.status.checks;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    for (std::size_t reason = 0; reason < reasons.size(); ++reason) {
      series.add_of_check(i, checks[i].failures[reason], reasons[reason]);
    }
  }
}

void add_mismatches(const TargetView& target, Series& series) {
  const auto& checks = target.status.checks;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    const auto& failures = checks[i].failures;
    series.add_of_check(i, failures[static_cast<std::size_t>(Reason::status)] +
                               failures[static_cast<std::size_t>(Reason::mismatch)]);
  }
}

void add_skipped(const TargetView& target, Series& series) {
  static const auto reasons = label_texts<state::Skip, state::kSkipCount>("reason");
  const auto& checks = target.status.checks;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    for (std::size_t reason = 0; reason < reasons.size(); ++reason) {
      series.add_of_check(i, checks[i].skipped[reason], reasons[reason]);
    }
  }
}

void add_outcome(const TargetView& target, Series& series) {
  static const auto outcomes = label_texts<probe::Outcome, probe::kOutcomeCount>("outcome");
  const auto& checks = target.status.checks;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    if (!checks[i].last_outcome) continue;
    series.add_of_check(i, std::uint64_t{1},
                        outcomes[static_cast<std::size_t>(*checks[i].last_outcome)]);
  }
}

void add_phases(const TargetView& target, Series& series) {
  static const auto phases = label_texts<probe::Phase, probe::kPhaseCount>("phase");
  const auto& checks = target.status.checks;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    for (std::size_t phase = 0; phase < phases.size(); ++phase) {
      series.add_of_check(i, checks[i].last_phases[phase], phases[phase]);
    }
  }
}

template <base::WallTime state::TargetStatus::*time>
void add_time(const TargetView& target, Series& series) {
  series.add(base::unix_seconds(target.status.*time));
}

template <std::uint32_t probe::ListenQueue::*number>
void add_listen_queue(const TargetView& target, Series& series) {
  const auto& queue = target.status.listen_queue;
  if (queue) series.add(std::uint64_t{(*queue).*number});
}

void add_listen_queue_readable(const TargetView& target, Series& series) {
  series.add(std::uint64_t{target.status.listen_queue.has_value()});
}

void add_info(const TargetView& target, Series& series) {
  const state::TargetIdentity& identity = target.identity;
  std::string text;
  exposition::append_label(text, "address", identity.address.text());
  exposition::append_label(text, "transport", label(identity.address.transport));
  exposition::append_label(text, "module", identity.module);
  exposition::append_label(text, "source", identity.source);
  series.add(std::uint64_t{1}, text);
}

constexpr Row kRows[] = {
    {"fastcgi_up",
     "Whether the last finished round of probes passed (1) or not (0: failed, found the target "
     "busy, or is stale). "
     "Probes run on the exporter's own schedule, not at the scrape. Absent before the first round.",
     MetricType::gauge, "target", Detail::compact, add_up},
    {"fastcgi_health",
     "1 for the state the target is in after its thresholds, 0 for the others: up, saturated (it "
     "lives but has no "
     "worker free), down, unknown (nothing fresh is known).",
     MetricType::gauge, "target, state", Detail::compact, add_health},
    {"fastcgi_probe_duration_seconds",
     "Time from connect to END_REQUEST of every probe that was answered, late answers included. "
     "Unanswered probes are "
     "not in it: for an SLO divide a bucket by fastcgi_probes_total.",
     MetricType::histogram, "target, check", Detail::full, add_durations},
    {"fastcgi_probes_total", "Probes judged; a retried probe is one.", MetricType::counter,
     "target, check", Detail::compact, add_per_check<&CheckStatus::probes>},
    {"fastcgi_probe_failures_total",
     "Probes judged that did not pass, by reason: resolve, connect, timeout, closed, protocol, "
     "overloaded, status, "
     "mismatch.",
     MetricType::counter, "target, check, reason", Detail::full, add_failures},
    {"fastcgi_mismatches_total",
     "Whole answers that were not the expected one: the failures with reason status or mismatch.",
     MetricType::counter, "target, check", Detail::compact, add_mismatches},
    {"fastcgi_probes_skipped_total",
     "Beats without a new probe, by reason: outstanding (the one before is still unanswered), "
     "backoff, limit (no descriptor or kernel memory free), missed (the exporter was late).",
     MetricType::counter, "target, check, reason", Detail::full, add_skipped},
    {"fastcgi_probe_retries_total",
     "Probes sent once more because the connection was reset before any answer, as in a pool "
     "reload.",
     MetricType::counter, "target, check", Detail::compact, add_per_check<&CheckStatus::retries>},
    {"fastcgi_probes_abandoned_total", "Unanswered probes whose connection was given up.",
     MetricType::counter, "target, check", Detail::compact, add_per_check<&CheckStatus::abandoned>},
    {"fastcgi_late_answers_total", "Answers that came after their probe was judged a timeout.",
     MetricType::counter, "target, check", Detail::compact,
     add_per_check<&CheckStatus::late_answers>},
    {"fastcgi_probe_outcome",
     "1 for the outcome of the last probe judged; one series per check. Absent before the first.",
     MetricType::gauge, "target, check, outcome", Detail::compact, add_outcome},
    {"fastcgi_last_probe_phase_seconds",
     "Duration of each phase of the last probe: resolve, connect, send, wait (to the first byte), "
     "receive; 0 for a "
     "phase it did not reach.",
     MetricType::gauge, "target, check, phase", Detail::full, add_phases},
    {"fastcgi_last_probe_timestamp_seconds",
     "Unix time of the last finished round; 0 before the first.", MetricType::gauge, "target",
     Detail::compact, add_time<&state::TargetStatus::last_probe>},
    {"fastcgi_last_success_timestamp_seconds",
     "Unix time of the last round that passed; 0 before the first.", MetricType::gauge, "target",
     Detail::compact, add_time<&state::TargetStatus::last_success>},
    {"fastcgi_response_stderr_bytes_total",
     "Bytes that answers brought on the FastCGI STDERR stream.", MetricType::counter,
     "target, check", Detail::compact, add_per_check<&CheckStatus::stderr_bytes>},
    {"fastcgi_listen_queue_connections",
     "Connections waiting in the kernel's accept queue of a local target. Absent where it cannot "
     "be read.",
     MetricType::gauge, "target", Detail::compact, add_listen_queue<&probe::ListenQueue::length>},
    {"fastcgi_listen_queue_limit",
     "Connections that the kernel's accept queue of a local target can hold. Absent where it "
     "cannot be read.",
     MetricType::gauge, "target", Detail::compact, add_listen_queue<&probe::ListenQueue::limit>},
    {"fastcgi_listen_queue_readable",
     "Whether the kernel's accept queue can be read (1) or not (0: remote, in another network "
     "namespace, gone, or a kernel without sock_diag).",
     MetricType::gauge, "target", Detail::compact, add_listen_queue_readable},
    {"fastcgi_target_info", "What the target is; always 1.", MetricType::gauge,
     "target, address, transport, module, source", Detail::compact, add_info},
};

}  // namespace

void Series::add_histogram(std::size_t check, const state::Histogram& histogram,
                           const state::Bounds& bounds) {
  const std::string_view labels = target_.check_texts[check];
  std::uint64_t cumulative = 0;
  const auto& le_texts = bounds.label_texts();
  for (std::size_t i = 0; i < le_texts.size(); ++i) {
    cumulative += histogram.counts[i];
    writer_.sample("_bucket", {labels, le_texts[i]}, cumulative);
  }
  writer_.sample("_sum", {labels}, histogram.sum_seconds);
  writer_.sample("_count", {labels}, histogram.count);
}

FleetView::FleetView(const state::TargetSet& targets, base::TimePoint now)
    : statuses_(targets.records().size()) {
  views_.reserve(statuses_.size());
  std::size_t texts = 0;
  for (std::size_t i = 0; i < statuses_.size(); ++i) {
    targets.records()[i]->copy_to(statuses_[i]);
    const state::TargetIdentity& identity = targets.records()[i]->identity();
    views_.push_back({identity, statuses_[i], now});
    texts += identity.check_label_texts.size();
  }
  check_texts_.reserve(texts);  // what points there stays
  set_texts();
}

void FleetView::set_texts() {
  std::vector<std::size_t> ends;
  ends.reserve(check_texts_.capacity());
  for (const TargetView& view : views_) {
    for (const std::string& check : view.identity.check_label_texts) {
      texts_.append(view.identity.label_text).append(",").append(check);
      ends.push_back(texts_.size());
    }
  }
  std::size_t start = 0;
  for (TargetView& view : views_) {
    const std::size_t checks = view.identity.check_label_texts.size();
    const std::size_t first = check_texts_.size();
    for (std::size_t i = 0; i < checks; ++i) {
      const std::size_t end = ends[check_texts_.size()];
      check_texts_.push_back(std::string_view(texts_).substr(start, end - start));
      start = end;
    }
    view.check_texts = std::span(check_texts_).subspan(first, checks);
    view.label_text = checks == 0 ? std::string_view(view.identity.label_text)
                                  : view.check_texts[0].substr(0, view.identity.label_text.size());
  }
}

std::span<const Row> target_rows() {
  static const std::vector<Row> rows = [] {
    std::vector<Row> all(std::begin(kRows), std::end(kRows));
    all.insert(all.end(), pool_rows().begin(), pool_rows().end());
    return all;
  }();
  return rows;
}

void write_target_metrics(std::span<const TargetView> targets, Detail detail,
                          exposition::Writer& writer) {
  for (const Row& row : target_rows()) {
    if (detail == Detail::compact && row.least == Detail::full) continue;
    writer.family(row.name, row.help, row.type);
    for (const TargetView& target : targets) {
      Series series(writer, target);
      row.write(target, series);
    }
  }
}

}  // namespace metrics
