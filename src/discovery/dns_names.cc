#include "discovery/dns_names.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/address.h"
#include "base/duration.h"
#include "config/rules.h"
#include "net/resolver.h"

namespace discovery {
namespace {

// A rule whose name means another host, or that has another name, starts over.
std::string key_of(const config::DnsName& rule) {
  return rule.name + "=" + rule.address.host;
}

// "php@10.0.0.7:9000", "php@::1:9000": brackets cannot stand in a name.
config::Target target_at_address(const base::SocketAddress& found, const config::DnsName& rule) {
  const std::string text = base::text(net::with_port({found}, rule.address.port).front());
  std::string bare = text;
  std::erase_if(bare, [](char c) { return c == '[' || c == ']'; });
  config::Target target;
  target.name = config::as_name(rule.name + "@" + bare);
  target.address = *base::parse_address("tcp://" + text);
  target.module = rule.module;
  target.labels = rule.labels;
  target.source = "dns";
  return target;
}

}  // namespace

void DnsNames::Answers::put(const std::string& key, Answer answer) {
  base::MutexLock lock(mutex_);
  waiting_[key] = std::move(answer);
}

bool DnsNames::Answers::has_any() const {
  base::MutexLock lock(mutex_);
  return !waiting_.empty();
}

std::map<std::string, DnsNames::Answer> DnsNames::Answers::take() {
  base::MutexLock lock(mutex_);
  return std::exchange(waiting_, {});
}

DnsNames::DnsNames(net::Lookups& lookups, std::function<void()> wake)
    : lookups_(lookups), wake_(std::move(wake)) {}

void DnsNames::ask(const std::vector<config::DnsName>& rules, base::TimePoint now) {
  std::set<std::string> wanted;
  for (const config::DnsName& rule : rules) {
    const std::string key = key_of(rule);
    wanted.insert(key);
    Name& name = names_[key];
    // A shorter interval of a reload counts at once.
    name.next_ask = std::min(name.next_ask, now + rule.interval);
    if (name.is_under_way || now < name.next_ask) continue;
    name.is_under_way = true;
    name.next_ask = now + rule.interval;
    lookups_.refresh(rule.address.host, [answers = answers_, wake = wake_, key](Answer answer) {
      answers->put(key, std::move(answer));
      wake();
    });
  }
  std::erase_if(names_, [&](const auto& each) { return !wanted.contains(each.first); });
}

// One under way has no time of its own: its answer comes.
std::optional<base::TimePoint> DnsNames::next_ask() const {
  std::optional<base::TimePoint> next;
  for (const auto& [key, name] : names_) {
    if (!name.is_under_way) next = std::min(next.value_or(name.next_ask), name.next_ask);
  }
  return next;
}

bool DnsNames::all_have_answered() const {
  return std::ranges::all_of(names_, [](const auto& each) { return each.second.has_answered; });
}

void DnsNames::take_answers(base::TimePoint now) {
  for (auto& [key, answer] : answers_->take()) {
    const auto found = names_.find(key);
    if (found == names_.end()) continue;  // of a rule that is gone
    Name& name = found->second;
    name.is_under_way = false;
    name.has_answered = true;
    name.problem = answer->problem;
    if (answer->problem.empty()) {
      name.addresses = answer->addresses;
      name.failing_since.reset();
    } else if (!name.failing_since) {
      name.failing_since = now;
    }
  }
}

Finding DnsNames::find(const config::Config& config, base::TimePoint now) {
  take_answers(now);
  Finding found;
  found.source = "dns";
  for (const config::DnsName& rule : config.discovery.dns) {
    Name& name = names_[key_of(rule)];
    const bool is_over = name.failing_since && now - *name.failing_since >= rule.grace;
    if (is_over) name.addresses.clear();
    if (!name.problem.empty()) {
      note(found.warnings, rule.name + ": " + name.problem + "; " +
                               (name.addresses.empty()
                                    ? "it has no targets"
                                    : "its targets stay for " + base::format_duration(rule.grace)));
    }
    if (name.addresses.size() == net::kMaxAddressesPerName) {
      note(found.warnings, rule.name + ": " + rule.address.host + " has more addresses than the " +
                               std::to_string(net::kMaxAddressesPerName) + " that are watched");
    }
    for (const base::SocketAddress& address : name.addresses) {
      Candidate candidate{.target = target_at_address(address, rule),
                          .module = {},
                          .where = "the name " + rule.address.host};
      const std::string reason = config::label_text_problem(candidate.target);
      if (reason.empty()) {
        found.candidates.push_back(std::move(candidate));
      } else {
        note(found.warnings, candidate.target.name + " is left out: " + reason);
      }
    }
  }
  const auto by_name = [](const Candidate& candidate) { return candidate.target.name; };
  std::ranges::stable_sort(found.candidates, {}, by_name);
  return found;
}

}  // namespace discovery
