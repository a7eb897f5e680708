#include "web/routes.h"

#include <cstdlib>
#include <utility>

#include "base/mutex.h"
#include "web/accept.h"
#include "web/api.h"
#include "web/config_pages.h"
#include "web/health_answers.h"
#include "web/metrics_page.h"
#include "web/probe_page.h"
#include "web/status_page.h"

namespace web {
namespace {

using ServicesPtr = std::shared_ptr<const Services>;

// The summary of all targets, at most 100 ms old, for probes that come at any rate; of a new set of
// targets it is a new one.
class FleetCache {
 public:
  std::shared_ptr<const FleetSummary> get(const state::Board& board, base::TimePoint now) {
    const auto targets = board.targets();
    base::MutexLock lock(mutex_);
    if (of_.lock() != targets || now - at_ >= kKeep) {
      summary_ = std::make_shared<const FleetSummary>(summarize(*targets, now));
      at_ = now;
      of_ = targets;
    }
    return summary_;
  }

 private:
  static constexpr base::Duration kKeep = std::chrono::milliseconds(100);

  base::Mutex mutex_;
  std::weak_ptr<const state::TargetSet> of_ GUARDED_BY(mutex_);
  base::TimePoint at_ GUARDED_BY(mutex_){};
  std::shared_ptr<const FleetSummary> summary_ GUARDED_BY(mutex_);
};

http::Route page(std::string path, http::Cost cost,
                 std::function<http::Answer(const http::Request&)> answer) {
  http::Route route;
  route.path = std::move(path);
  route.cost = cost;
  route.answer = std::move(answer);
  return route;
}

http::Route health_page(std::string path, Question question, ServicesPtr services,
                        std::shared_ptr<FleetCache> fleet) {
  http::Route route =
      page(std::move(path), http::Cost::inline_answer,
           [question, services = std::move(services),
            fleet = std::move(fleet)](const http::Request& request) {
             const Asked asked{.question = question,
                               .verbose = request.query_value("verbose").has_value() ||
                                          accepts_json(request.accept),
                               .failure_status = services->failure_status,
                               .now = base::Clock::now()};
             if (request.name.empty())
               return answer_for_fleet(*fleet->get(services->board, asked.now), asked);
             const auto targets = services->board.targets();
             const state::TargetRecord* target = targets->find(request.name);
             return target ? answer_for_target(*target, asked) : answer_for_unknown_target();
           });
  route.takes_name = true;
  return route;
}

// The exporter's own health: it must not depend on any target, name server or page. The header
// tells whoever asks that no other server answers at our address.
http::Answer own_health(const Services& services) {
  const std::size_t stuck = services.vitals.stuck_workers(base::Clock::now(), services.started);
  http::Answer answer =
      stuck == 0 ? http::text_answer(200, "ok\n")
                 : http::text_answer(503, std::to_string(stuck) +
                                              " worker loops have not turned for 5 s; restart the "
                                              "exporter\n");
  answer.headers.emplace_back("X-Fastcgi-Exporter", stuck == 0 ? "healthy" : "stuck");
  return answer;
}

http::Answer own_readiness(const Services& services) {
  const auto missing = services.vitals.targets_without_first_round.load(std::memory_order_relaxed);
  if (missing <= 0) return http::text_answer(200, "Ready\n");
  return http::text_answer(
      503, std::to_string(missing) + " targets have not had their first round yet\n");
}

constexpr std::size_t kMaxReloadsWaiting = 64;  // one more gets 503

http::Answer answer_for_reload(const ReloadResult& result) {
  switch (result.end) {
    case ReloadResult::End::in_force:
      return http::text_answer(200, "OK\n");
    case ReloadResult::End::bad:
      return http::text_answer(500, "The old configuration stays in force; the new one is bad:\n" +
                                        result.problems + "\n");
    case ReloadResult::End::stopping:
      return http::text_answer(503, "The exporter is stopping.\n");
  }
  std::abort();  // -Wswitch keeps the list complete
}

http::Route reload_page(const ServicesPtr& services) {
  http::Route route;
  route.path = "/-/reload";
  route.get = false;
  route.post = true;
  route.cost = http::Cost::parked;
  route.max_at_once = kMaxReloadsWaiting;
  route.answer_later = [services](const http::Request&, http::Reply reply) {
    if (!services->reload) {
      return reply(http::text_answer(
          403, "Reloading over HTTP is off: start with --web.enable-lifecycle, or send SIGHUP.\n"));
    }
    services->reload([reply = std::move(reply)](const ReloadResult& result) {
      reply(answer_for_reload(result));
    });
  };
  return route;
}

http::Route probe_page(const ServicesPtr& services) {
  http::Route route;
  route.path = "/probe";
  route.cost = http::Cost::parked;
  route.max_at_once = kMaxProbesAtOnce;
  route.answer_later = [services](const http::Request& request, http::Reply reply) {
    answer_probe(services, request, std::move(reply));
  };
  return route;
}

}  // namespace

std::vector<http::Route> make_routes(const std::shared_ptr<const Services>& services) {
  using http::Cost;
  auto fleet = std::make_shared<FleetCache>();
  auto metrics = std::make_shared<MetricsPage>(services);
  const auto healthy = [services](const http::Request&) { return own_health(*services); };

  http::Route scrape =
      page(services->telemetry_path, Cost::pool,
           [metrics](const http::Request& request) { return metrics->answer(request); });
  scrape.max_at_once = services->max_requests;

  std::vector<http::Route> routes{
      std::move(scrape),
      health_page("/fcgi-ping", Question::ping, services, fleet),
      health_page("/fcgi-live", Question::live, services, fleet),
      health_page("/fcgi-ready", Question::ready, services, fleet),
      page("/health", Cost::inline_answer, healthy),
      page("/healthz", Cost::inline_answer, healthy),
      page("/-/healthy", Cost::inline_answer, healthy),
      page("/-/ready", Cost::inline_answer,
           [services](const http::Request&) { return own_readiness(*services); }),
      reload_page(services),
      probe_page(services),
  };
  for (http::Route& route : config_routes(services)) routes.push_back(std::move(route));
  auto views = std::make_shared<FleetViews>();
  for (http::Route& route : api_routes(services, views)) routes.push_back(std::move(route));
  for (http::Route& route : status_page_routes(services, views)) routes.push_back(std::move(route));
  return routes;
}

}  // namespace web
