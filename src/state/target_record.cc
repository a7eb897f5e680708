#include "state/target_record.h"

#include <numeric>

#include "exposition/label_text.h"

namespace state {
namespace {

std::string label_text_of(const TargetIdentity& identity) {
  std::string text;
  exposition::append_label(text, "target", identity.name);
  for (const auto& [name, value] : identity.labels) exposition::append_label(text, name, value);
  return text;
}

std::vector<std::string> check_label_texts_of(const TargetIdentity& identity) {
  std::vector<std::string> texts;
  texts.reserve(identity.checks.size());
  for (const std::string& check : identity.checks) {
    exposition::append_label(texts.emplace_back(), "check", check);
  }
  return texts;
}

TargetIdentity prepared(TargetIdentity identity) {
  identity.label_text = label_text_of(identity);
  identity.check_label_texts = check_label_texts_of(identity);
  identity.check_intervals.resize(identity.checks.size(), base::Duration::zero());
  if (!identity.bounds) identity.bounds = Bounds::defaults();
  return identity;
}

}  // namespace

std::string_view label(Skip skip) {
  switch (skip) {
    case Skip::outstanding:
      return "outstanding";
    case Skip::backoff:
      return "backoff";
    case Skip::limit:
      return "limit";
    case Skip::missed:
      return "missed";
  }
  return "";
}

bool label_text_fits(const TargetIdentity& identity) {
  return label_text_of(identity).size() <= kMaxLabelTextBytes;
}

void PoolStatus::keep(std::shared_ptr<const phpfpm::StatusPage> page_read, base::TimePoint now) {
  if (name == nullptr) name = std::make_shared<const std::string>(page_read->pool);
  if (label_text == nullptr) {
    std::string text;
    exposition::append_label(text, "pool", *name);
    label_text = std::make_shared<const std::string>(std::move(text));
  }
  parse_warnings += page_read->warnings + std::uint64_t{page_read->pool != *name};
  page = std::move(page_read);
  taken = now;
}

TargetRecord::TargetRecord(TargetIdentity identity, TargetStatus initial)
    : identity_(prepared(std::move(identity))),
      status_(std::move(initial)),
      history_(status_.health.since()),
      noted_round_(status_.health.last_round()) {
  status_.checks.resize(identity_.checks.size());
}

void TargetRecord::copy_to(TargetStatus& out) const {
  base::MutexLock lock(mutex_);
  out = status_;
}

probe::HealthTracker TargetRecord::health() const {
  base::MutexLock lock(mutex_);
  return status_.health;
}

History TargetRecord::history() const {
  base::MutexLock lock(mutex_);
  return history_;
}

void TargetRecord::note_round() {
  noted_round_ = status_.health.last_round();
  if (!noted_round_ || status_.checks.empty()) return;
  const CheckStatus& check = status_.checks[status_.deciding_check];
  const base::Duration resolve = check.last_phases[static_cast<std::size_t>(probe::Phase::resolve)];
  history_.add(
      {.at = *noted_round_,
       .outcome = check.last_outcome.value_or(probe::Outcome::pass),
       .outcome_class = check.last_class,
       .health = status_.health.health(*noted_round_),
       .latency = std::accumulate(check.last_phases.begin(), check.last_phases.end(), -resolve),
       .is_repeated = std::exchange(noted_probe_, check.last_time) == check.last_time});
}

std::shared_ptr<TargetRecord> make_record(TargetIdentity identity, probe::HealthRules rules,
                                          base::TimePoint now) {
  TargetStatus status;
  status.health = probe::HealthTracker(rules, now);
  if (!identity.pool.empty()) {
    status.pool.name = std::make_shared<const std::string>(identity.pool);
  }
  return std::make_shared<TargetRecord>(std::move(identity), std::move(status));
}

}  // namespace state
