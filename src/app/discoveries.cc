#include "app/discoveries.h"

#include <algorithm>
#include <utility>

#include "app/lookup_options.h"
#include "base/log.h"

namespace app {
namespace {

discovery::Now now_for(base::TimePoint steady) {
  return {.steady = steady, .wall = std::chrono::system_clock::now()};
}

}  // namespace

Discoveries::Discoveries(net::EventLoop& events, std::uint64_t key, net::Lookups& lookups)
    : sources_(lookups, [&events] { events.wake(); }) {
  // Unwatched, changes are found at the next look.
  if (files_.fd() >= 0) static_cast<void>(events.watch(files_.fd(), key, net::Interest::read));
}

Discoveries::Shared Discoveries::find(const Shared& loaded, Occasion occasion, discovery::Now now) {
  const config::Config& config = *loaded;
  // First of all, so that a look for which there is not enough memory is not due for ever.
  due_.reset();
  if (!config.discovery.empty()) due_ = now.steady + kDiscoveryRescan;
  if (occasion == Occasion::reread) sources_.configured();
  // Before anything is read: what changes from here on is told.
  static_cast<void>(files_.take_changes());
  std::vector<std::string> followed = discovery::Sources::patterns(config.discovery);
  if (!config.discovery.empty()) {
    followed.insert(followed.end(), included_.begin(), included_.end());
  }
  files_.follow(followed);
  const std::vector<discovery::Finding> found = sources_.find(config, now);
  Shared with_found = loaded;
  if (found.empty()) {
    tell(found, {});
  } else {
    auto merged = std::make_shared<config::Config>(config);
    tell(found, discovery::merge(found, *merged));
    with_found = std::move(merged);
  }
  // A file that includes others names them only once it is read: they are followed, and read again.
  if (learn_included(found)) due_ = now.steady + kDiscoverySettles;
  return with_found;
}

bool Discoveries::learn_included(const std::vector<discovery::Finding>& found) {
  std::set<std::string> included;
  for (const discovery::Finding& each : found) {
    included.insert(each.included.begin(), each.included.end());
  }
  const bool has_new = !std::ranges::includes(included_, included);
  included_ = std::move(included);
  return has_new;
}

bool Discoveries::is_due(base::TimePoint now) {
  // Taken in any case: what the kernel tells of watches that end would wake the loop for ever.
  const bool has_changed = files_.take_changes();
  if (!due_) return false;
  if (has_changed) due_ = std::min(*due_, now + kDiscoverySettles);
  if (sources_.dns().has_news()) due_ = now;
  const auto next_ask = sources_.dns().next_ask();
  return *due_ <= now || (next_ask && *next_ask <= now);
}

std::optional<base::TimePoint> Discoveries::next_due() const {
  if (!due_) return std::nullopt;
  return std::min(*due_, sources_.dns().next_ask().value_or(*due_));
}

void Discoveries::tell_new(std::set<std::string> now, std::set<std::string>& before) {
  for (const std::string& text : now) {
    if (before.contains(text)) continue;
    base::log::warn(text);
  }
  for (const std::string& text : before) {
    if (!now.contains(text)) base::log::info("no longer so", {{"problem", text}});
  }
  before = std::move(now);
}

void Discoveries::tell(const std::vector<discovery::Finding>& found,
                       const discovery::Merged& merged) {
  std::set<std::string> warnings(merged.warnings.begin(), merged.warnings.end());
  std::set<std::string> hints;
  for (const discovery::Finding& each : found) {
    warnings.insert(each.warnings.begin(), each.warnings.end());
    hints.insert(each.hints.begin(), each.hints.end());
  }
  if (!files_.problem().empty() && !found.empty()) warnings.insert(files_.problem());
  tell_new(std::move(warnings), warnings_);
  tell_new({merged.conflicts.begin(), merged.conflicts.end()}, conflicts_);
  const auto new_conflicts = std::ranges::count_if(
      merged.left_out, [&](const std::string& each) { return !left_out_.contains(each); });
  left_out_ = merged.left_out;
  for (const std::string& hint : hints) {
    if (!hints_.contains(hint)) base::log::info("hint: " + hint);
  }
  hints_ = std::move(hints);
  for (const auto& [source, count] : merged.targets) {
    const auto known = targets_.find(source);
    if (known != targets_.end() && known->second == count) continue;
    base::log::info("discovered", {{"source", source}, {"targets", std::to_string(count)}});
  }
  targets_ = merged.targets;
  publish(found, static_cast<std::size_t>(new_conflicts));
}

void Discoveries::publish(const std::vector<discovery::Finding>& found, std::size_t new_conflicts) {
  std::map<std::string, std::size_t> problems;
  for (const discovery::Finding& each : found) {
    problems[each.source] =
        std::set<std::string>(each.warnings.begin(), each.warnings.end()).size();
  }
  base::MutexLock lock(mutex_);
  numbers_.conflicts += new_conflicts;
  numbers_.problems = std::move(problems);
}

Discoveries::Numbers Discoveries::numbers() const {
  base::MutexLock lock(mutex_);
  return numbers_;
}

FoundOnce find_once(config::Config config) {
  FoundOnce once;
  once.config = std::move(config);
  const config::Discovery& rules = once.config.discovery;
  if (rules.empty()) return once;
  net::EventLoop events;
  net::Lookups lookups(lookup_options());
  discovery::Sources sources(lookups, [&events] { events.wake(); });
  const base::TimePoint deadline = events.now() + kDiscoveryNamesTimeout;
  std::vector<discovery::Finding> found = sources.find(once.config, now_for(events.now()));
  while (!sources.dns().all_have_answered() && events.now() < deadline) {
    events.wait(deadline);
    if (sources.dns().has_news()) found = sources.find(once.config, now_for(events.now()));
  }
  const discovery::Merged merged = discovery::merge(found, once.config);
  if (!sources.dns().all_have_answered()) {
    once.warnings.push_back("a name server did not answer within 10 s; some names are left out");
  }
  for (const discovery::Finding& each : found) {
    once.warnings.insert(once.warnings.end(), each.warnings.begin(), each.warnings.end());
    once.hints.insert(once.hints.end(), each.hints.begin(), each.hints.end());
  }
  for (const auto* more : {&merged.conflicts, &merged.warnings}) {
    once.warnings.insert(once.warnings.end(), more->begin(), more->end());
  }
  return once;
}

}  // namespace app
