// What is known about a target, as JSON for the API. Pure: time is an argument. Text from outside
// was cleaned where it came in; what is not UTF-8 all the same is replaced when the JSON is
// written.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "state/failures.h"
#include "state/history.h"
#include "state/target_record.h"
#include "web/fleet_view.h"

namespace web {

inline constexpr std::size_t kRecentRounds = 60;  // of a target among others, for its sparkline

// As one of many; the schema Target of config/openapi.yaml.
nlohmann::ordered_json target_summary(const state::TargetRecord& target, Now now);

// Everything; the schema TargetDetail. `failure` may be null.
nlohmann::ordered_json target_detail(const state::TargetRecord& target,
                                     const state::Failure* failure, Now now);

nlohmann::ordered_json totals_json(const FleetTotals& totals);

}  // namespace web
