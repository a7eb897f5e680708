// Which targets a request wants to see, and which part of them. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/message.h"
#include "probe/health.h"
#include "web/fleet_view.h"

namespace web {

inline constexpr std::size_t kDefaultTargetsPerPage = 50;
inline constexpr std::size_t kMaxTargetsPerPage = 200;

struct TargetQuery {
  std::optional<probe::Health> health;
  std::string text;  // somewhere in name, address, module, source or a label; any case
  std::optional<std::pair<std::string, std::string>> label;
  std::size_t limit = kDefaultTargetsPerPage;
  std::size_t offset = 0;
};

// From ?health=, q=, label=NAME=VALUE, limit= and offset=; an empty value is none, as a form sends
// it. The reason names the parameter and says what it may be.
base::Result<TargetQuery> parse_target_query(const http::Request& request);

// The query string again, for links to other parts: "?q=shop&offset=50"; "?" when nothing is asked.
std::string query_string(const TargetQuery& query);

struct Selection {
  std::vector<FleetEntry> shown;
  std::size_t matching = 0;
};
Selection select(const FleetView& fleet, const TargetQuery& query);

}  // namespace web
