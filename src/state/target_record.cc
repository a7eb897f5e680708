#include "state/target_record.h"

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
    : identity_(prepared(std::move(identity))), status_(std::move(initial)) {
  status_.checks.resize(identity_.checks.size());
}

void TargetRecord::copy_to(TargetStatus& out) const {
  base::MutexLock lock(mutex_);
  out = status_;
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
