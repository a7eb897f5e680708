#include "web/page_words.h"

#include <array>
#include <cstdio>
#include <cstdlib>

#include "probe/outcome.h"

namespace web {
namespace {

using probe::Health;

struct Count {
  Health health;
  std::size_t targets;
};

// Worst first.
std::array<Count, 4> counts(const FleetTotals& totals) {
  return {{{Health::down, totals.down},
           {Health::unknown, totals.unknown},
           {Health::saturated, totals.saturated},
           {Health::up, totals.up}}};
}

std::string digits(double number) {
  std::array<char, 32> buffer{};
  const int after_the_point = number == 0 || number >= 100 ? 0 : number >= 10 ? 1 : 2;
  static_cast<void>(std::snprintf(buffer.data(), buffer.size(), "%.*f", after_the_point, number));
  return buffer.data();
}

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

// "Nobody listens at the address." and "Start the responder, ...".
Explanation halves(std::string_view sentence) {
  for (std::size_t i = 0; i + 2 < sentence.size(); ++i) {
    const bool ends_here = sentence[i] == '.' || sentence[i] == ':';
    if (ends_here && sentence[i + 1] == ' ' && is_upper(sentence[i + 2])) {
      return {.what = std::string(sentence.substr(0, i + 1)),
              .advice = std::string(sentence.substr(i + 2))};
    }
  }
  return {.what = std::string(sentence), .advice = {}};
}

}  // namespace

std::string age_words(base::Duration age) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(age).count();
  if (seconds < 120) return std::to_string(seconds < 0 ? 0 : seconds) + " s";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min";
  if (seconds < 172'800) return std::to_string(seconds / 3600) + " h";
  return std::to_string(seconds / 86'400) + " d";
}

std::string duration_words(base::Duration duration) {
  const double seconds = base::seconds(duration);
  return seconds >= 0.9995 ? digits(seconds) + " s" : digits(seconds * 1000) + " ms";
}

std::string count_words(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string headline(const FleetTotals& totals) {
  if (totals.targets == 0) return "No targets are configured";
  for (const Count& each : counts(totals)) {
    if (each.targets == 0) continue;
    const std::string word(label(each.health));
    if (totals.targets == 1) return "The target is " + word;
    if (each.health == Health::up) return "All " + count_words(totals.targets) + " targets are up";
    return count_words(each.targets) + " of " + count_words(totals.targets) + " targets " +
           (each.targets == 1 ? "is " : "are ") + word;
  }
  std::abort();  // the counts add up to totals.targets
}

std::string summary(const FleetTotals& totals) {
  if (totals.targets == 0) {
    return "Name one with --fastcgi.target, a configuration file, or --discover.php-fpm.";
  }
  std::string text;
  for (const Count& each : counts(totals)) {
    if (each.targets == 0) continue;
    if (!text.empty()) text += " · ";
    text += count_words(each.targets) + ' ' + std::string(label(each.health));
  }
  return text;
}

Health worst(const FleetTotals& totals) {
  for (const Count& each : counts(totals)) {
    if (each.targets != 0) return each.health;
  }
  return Health::unknown;
}

Explanation explanation(const state::TargetStatus& status, base::TimePoint now) {
  const bool has_verdict =
      !status.checks.empty() && status.checks[status.deciding_check].last_outcome;
  const auto last = status.health.last_round();
  if (!has_verdict || !last) return {.what = "Not probed yet.", .advice = {}};
  if (status.health.health(now) == Health::unknown) {
    return {
        .what = "Nothing fresh is known: the last round ended " + age_words(now - *last) + " ago.",
        .advice = "Look whether the exporter has descriptors and processor time left."};
  }
  return halves(probe::info(*status.checks[status.deciding_check].last_outcome).sentence);
}

std::string_view mark(Health health) {
  switch (health) {
    case Health::up:
      return "●";
    case Health::saturated:
      return "◆";
    case Health::down:
      return "▼";
    case Health::unknown:
      return "?";
  }
  std::abort();
}

}  // namespace web
