#include "base/duration.h"

#include <cstdint>
#include <iterator>

#include "base/text.h"

namespace base {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
constexpr Unit kUnits[] = {
    {"d", 86'400'000'000'000}, {"h", 3'600'000'000'000}, {"m", 60'000'000'000},
    {"s", 1'000'000'000},      {"ms", 1'000'000},        {"us", 1'000},
};

// Cuts the run of characters out of `set` off the front of `text`.
std::string_view take(std::string_view& text, std::string_view set) {
  const std::string_view taken = text.substr(0, text.find_first_not_of(set));
  text.remove_prefix(taken.size());
  return taken;
}

// total + count * unit, unless that is more than a Duration holds.
std::optional<std::int64_t> add(std::int64_t total, std::uint64_t count, std::int64_t unit) {
  const auto room = static_cast<std::uint64_t>(Duration::max().count() - total);
  if (count > room / static_cast<std::uint64_t>(unit)) return std::nullopt;
  return total + static_cast<std::int64_t>(count) * unit;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration::zero();
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  const Unit* smaller = std::begin(kUnits);  // the units still allowed: each once, largest first
  while (!text.empty()) {
    const auto count = parse_uint(take(text, "0123456789"));
    const std::string_view name = take(text, "dhmsu");
    while (smaller != std::end(kUnits) && smaller->name != name) ++smaller;
    if (!count || smaller == std::end(kUnits)) return std::nullopt;
    const auto sum = add(total, *count, smaller->nanoseconds);
    if (!sum) return std::nullopt;
    total = *sum;
    ++smaller;
  }
  return Duration(total);
}

std::string format_duration(Duration duration) {
  auto rest = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  if (rest == 0) return "0s";
  std::string text = rest < 0 ? "-" : "";
  if (rest < 0) rest = -rest;
  for (const Unit& unit : kUnits) {
    const std::int64_t microseconds = unit.nanoseconds / 1'000;
    if (rest >= microseconds) text += std::to_string(rest / microseconds) + std::string(unit.name);
    rest %= microseconds;
  }
  return text;
}

}  // namespace base
