#include "metrics/probe_page.h"

#include <string>
#include <utility>

#include "metrics/families.h"
#include "metrics/pool_metrics.h"
#include "metrics/script_metrics.h"
#include "metrics/serializer.h"
#include "metrics/target_metrics.h"

namespace metrics {
namespace {

using prometheus::MetricFamily;

void add_series(MetricFamily& family, std::string label, std::string_view value, double number) {
  prometheus::ClientMetric metric;
  metric.label = {{std::move(label), std::string(value)}};
  metric.gauge.value = number;
  family.metric.push_back(std::move(metric));
}

MetricFamily labelled_gauge(std::string name, std::string help) {
  MetricFamily family = gauge(std::move(name), std::move(help), 0);
  family.metric.clear();
  return family;
}

MetricFamily phases(const probe::CheckReport* check) {
  MetricFamily family = labelled_gauge(
      "probe_fastcgi_duration_seconds",
      "Phases of the exchange that explains probe_success: wait ends with the first byte; always "
      "all five, 0 where not reached.");
  for (std::size_t i = 0; i < probe::kPhaseCount; ++i) {
    add_series(family, "phase", probe::label(static_cast<probe::Phase>(i)),
               check != nullptr ? base::seconds(check->attempt.phases[i]) : 0);
  }
  return family;
}

bool is_answered(const probe::CheckReport* check) {
  return check != nullptr && probe::is_whole_answer(check->verdict.outcome);
}

void add_answer(std::vector<MetricFamily>& families, const probe::CheckReport* check) {
  const bool answered = is_answered(check);
  families.push_back(gauge("probe_fastcgi_status_code",
                           "Status of the answer that explains probe_success, as in HTTP; 0 "
                           "without an answer.",
                           answered ? check->attempt.response.status : 0));
  if (!answered || check->attempt.end != probe::End::answered) return;
  families.push_back(gauge("probe_fastcgi_app_status",
                           "Exit status that the program gave in END_REQUEST; only of an answer.",
                           check->attempt.response.app_status));
}

MetricFamily outcome(const probe::CheckReport* check) {
  MetricFamily family = labelled_gauge("probe_fastcgi_outcome",
                                       "1 for how the check that explains probe_success ended.");
  if (check != nullptr) add_series(family, "outcome", probe::label(check->verdict.outcome), 1);
  return family;
}

MetricFamily checks(const probe::OneShotReport& report) {
  MetricFamily family = labelled_gauge(
      "probe_fastcgi_check_success",
      "Whether each check of the module passed; a check that was not asked has no series.");
  for (const probe::CheckReport& check : report.checks) {
    add_series(family, "check", check.check,
               check.verdict.outcome_class == probe::OutcomeClass::pass ? 1 : 0);
  }
  return family;
}

struct Cause {
  probe::Reason reason;
  std::string_view help;
};

constexpr Cause kCauses[] = {
    {probe::Reason::resolve, "its name has no address"},
    {probe::Reason::connect, "nobody listens there, or we may not connect"},
    {probe::Reason::timeout, "no answer came within the time"},
    {probe::Reason::closed, "the connection was closed before the end of the answer"},
    {probe::Reason::protocol, "what came was no FastCGI answer"},
    {probe::Reason::overloaded, "the responder said that it has no capacity"},
    {probe::Reason::status, "of the status of the answer"},
    {probe::Reason::mismatch, "the answer is not the expected one"},
};
static_assert(std::size(kCauses) == probe::kReasonCount);

void add_causes(std::vector<MetricFamily>& families, const probe::CheckReport* check) {
  const bool failed = check != nullptr && check->verdict.outcome_class != probe::OutcomeClass::pass;
  for (const Cause& cause : kCauses) {
    const bool is_it = failed && probe::info(check->verdict.outcome).reason == cause.reason;
    families.push_back(gauge("probe_failed_due_to_" + std::string(probe::label(cause.reason)),
                             "1 when the probe failed because " + std::string(cause.help) + ".",
                             is_it ? 1 : 0));
  }
  const bool is_busy = failed && check->verdict.outcome_class == probe::OutcomeClass::busy;
  families.push_back(gauge("probe_failed_due_to_saturation",
                           "1 beside one of the others when the responder lives and only has no "
                           "worker free.",
                           is_busy ? 1 : 0));
}

// As much of a target as the rows look at, with no labels of its own.
struct Subject {
  state::TargetIdentity identity;
  state::TargetStatus status;
};

Subject subject_of(const ProbePageInput& input) {
  Subject subject;
  subject.identity.address = input.address;
  subject.identity.max_children = input.max_children;
  subject.status.listen_queue = input.report.listen_queue;
  for (const probe::CheckReport& report : input.report.checks) {
    subject.identity.checks.push_back(report.check);
    subject.identity.check_intervals.emplace_back(0);
    state::CheckStatus check;
    check.script_output = report.verdict.script_output;
    check.script_output_taken = input.now;
    subject.status.checks.push_back(std::move(check));
    if (report.verdict.status_page == nullptr) continue;
    subject.status.pool.keep(report.verdict.status_page, input.now);
    subject.status.pool.asked_pool_itself = !report.at_status_address;
  }
  return subject;
}

void write_rows(std::span<const Row> rows, const TargetView& view, Detail detail,
                exposition::Writer& writer) {
  for (const Row& row : rows) {
    if (detail == Detail::compact && row.least == Detail::full) continue;
    writer.family(row.name, row.help, row.type);
    Series series(writer, view);
    row.write(view, series);
  }
}

}  // namespace

std::vector<MetricFamily> probe_families(const probe::OneShotReport& report) {
  const probe::CheckReport* const check = probe::explaining_check(report);
  const auto resolve = static_cast<std::size_t>(probe::Phase::resolve);
  std::vector<MetricFamily> families{
      gauge("probe_success", "Whether every check that decides the health passed.",
            probe::is_success(report) ? 1 : 0),
      gauge("probe_duration_seconds", "How long the probe took, all checks and waiting included.",
            base::seconds(report.elapsed)),
      gauge("probe_timeout_seconds",
            "How long the probe might have taken: the module's timeout for each check, and no "
            "more than the scrape leaves.",
            base::seconds(report.limit)),
      gauge("probe_dns_lookup_time_seconds",
            "How long the probe waited for its name to be looked up; 0 for a known or no name.",
            check != nullptr ? base::seconds(check->attempt.phases[resolve]) : 0),
      phases(check)};
  add_answer(families, check);
  families.push_back(outcome(check));
  families.push_back(checks(report));
  add_causes(families, check);
  return families;
}

void write_probe_page(const ProbePageInput& input, exposition::Format format,
                      exposition::Sink& sink) {
  exposition::Writer writer(format, sink);
  write_families(probe_families(input.report), writer);
  const Subject subject = subject_of(input);
  const TargetView view{.identity = subject.identity, .status = subject.status, .now = input.now};
  write_rows(pool_rows(), view, input.detail, writer);
  write_script_metrics({&view, 1}, writer);
  writer.finish();
}

}  // namespace metrics
