// The words of the status page, as src/web/assets/format.js has them for its live half. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "state/target_record.h"
#include "web/fleet_view.h"

namespace web {

// "4 s", "12 min", "3 h", "2 d".
std::string age_words(base::Duration age);
// "0.31 ms", "4.20 ms", "310 ms", "1.50 s".
std::string duration_words(base::Duration duration);
// "10,000".
std::string count_words(std::uint64_t count);

// "2 of 48 targets are down".
std::string headline(const FleetTotals& totals);
// "2 down · 1 saturated · 45 up".
std::string summary(const FleetTotals& totals);
probe::Health worst(const FleetTotals& totals);

// Why a target is as it is, and what to do about it.
struct Explanation {
  std::string what;
  std::string advice;  // may be empty
};
Explanation explanation(const state::TargetStatus& status, base::TimePoint now);

// A shape for each health, so that colour is never the only sign.
std::string_view mark(probe::Health health);

}  // namespace web
