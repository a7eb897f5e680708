#include "web/api.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/chunks.h"
#include "web/compress.h"
#include "web/target_json.h"
#include "web/target_query.h"

namespace web {
namespace {

using Json = nlohmann::ordered_json;

http::Answer json_answer(const http::Request& request, int status, const Json& json) {
  http::Answer answer;
  answer.status = status;
  answer.content_type = "application/json";
  answer.headers = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
  // Broken UTF-8 from outside must not turn an answer into an exception.
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  answer.body = base::one_chunk(std::move(text));
  compress_if_accepted(answer, request);
  return answer;
}

double unix_now(Now now) {
  return std::round(base::unix_seconds(now.wall) * 1e3) / 1e3;
}

http::Answer list_targets(const http::Request& request, const FleetView& fleet, Now now) {
  const base::Result<TargetQuery> query = parse_target_query(request);
  if (!query) return json_answer(request, 400, {{"error", query.error()}});
  const Selection selection = select(fleet, *query);
  Json targets = Json::array();
  for (const FleetEntry& entry : selection.shown) {
    targets.push_back(target_summary(*entry.record, now));
  }
  return json_answer(request, 200,
                     {{"now", unix_now(now)},
                      {"totals", totals_json(fleet.totals)},
                      {"matching", selection.matching},
                      {"limit", query->limit},
                      {"offset", query->offset},
                      {"targets", std::move(targets)}});
}

http::Answer show_target(const http::Request& request, const Services& services, Now now) {
  const auto targets = services.board.targets();
  const state::TargetRecord* target = targets->find(request.name);
  if (target == nullptr) {
    http::Answer answer = json_answer(
        request, 404,
        {{"error", "There is no target of that name; /api/v1/targets lists them all."}});
    answer.headers.emplace_back("X-Fastcgi-Error", "unknown-target");
    return answer;
  }
  const auto failure = services.failures.of(*target);
  Json json = target_detail(*target, failure.get(), now);
  json["now"] = unix_now(now);
  return json_answer(request, 200, json);
}

http::Answer show_status(const http::Request& request, const Services& services,
                         const FleetView& fleet, Now now) {
  const metrics::ExporterReadings readings = services.readings();
  const base::Duration uptime = now.steady - services.started;
  return json_answer(
      request, 200,
      {{"now", unix_now(now)},
       {"version", readings.version},
       {"revision", readings.revision},
       {"uptime_seconds", std::round(base::seconds(uptime) * 1e3) / 1e3},
       {"config",
        {{"last_reload_successful", readings.config_last_reload_successful},
         {"last_reload_success",
          std::round(base::unix_seconds(readings.config_last_reload_success))}}},
       {"shard", {{"index", readings.shard_index}, {"count", readings.shard_count}}},
       {"stuck_workers", services.vitals.stuck_workers(now.steady, services.started)},
       {"totals", totals_json(fleet.totals)}});
}

http::Route api_route(std::string path, std::function<http::Answer(const http::Request&)> answer) {
  http::Route route;
  route.path = std::move(path);
  route.cost = http::Cost::pool;
  route.max_at_once = kMaxApiAnswersAtOnce;
  route.answer = std::move(answer);
  return route;
}

}  // namespace

std::vector<http::Route> api_routes(std::shared_ptr<const Services> services,
                                    std::shared_ptr<FleetViews> fleet) {
  http::Route targets =
      api_route("/api/v1/targets", [services, fleet](const http::Request& request) {
        const Now now = read_clocks();
        if (!request.name.empty()) return show_target(request, *services, now);
        return list_targets(request, *fleet->get(services->board, now.steady), now);
      });
  targets.takes_name = true;
  http::Route status = api_route(
      "/api/v1/status",
      [services = std::move(services), fleet = std::move(fleet)](const http::Request& request) {
        const Now now = read_clocks();
        return show_status(request, *services, *fleet->get(services->board, now.steady), now);
      });
  return {std::move(targets), std::move(status)};
}

}  // namespace web
