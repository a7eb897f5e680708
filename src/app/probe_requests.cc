#include "app/probe_requests.h"

#include <cstdlib>
#include <utility>
#include <variant>

#include "web/probe_page.h"

namespace app {
namespace {

// A look-up or a page of each; also of those whose client is gone.
constexpr std::size_t kMaxJobs = 2 * web::kMaxProbesAtOnce;

}  // namespace

ProbeRequests::ProbeRequests(AskWorker ask_worker, base::Duration timeout_offset)
    : ask_worker_(std::move(ask_worker)), timeout_offset_(timeout_offset) {
  // At the pace of the probes, whose duration counts from their request: on a busy machine a niced
  // thread came seconds late.
  pool_.emplace(http::Pool::Size{.threads = 1, .queue = kMaxJobs, .nice = 0});
}

void ProbeRequests::close() {
  pool_.reset();
}

void ProbeRequests::replace(std::shared_ptr<const config::Config> config, const Plans& plans) {
  base::MutexLock lock(mutex_);
  directory_ = std::make_shared<const ProbeDirectory>(std::move(config), plans, ++generation_);
}

std::shared_ptr<const ProbeDirectory> ProbeRequests::directory() const {
  base::MutexLock lock(mutex_);
  return directory_;
}

std::shared_ptr<const config::Config> ProbeRequests::config() const {
  return directory()->config();
}

void ProbeRequests::ask(const web::ProbeQuery& query, web::ProbeDone done) {
  const auto shared = std::make_shared<const web::ProbeDone>(std::move(done));
  work(shared,
       [this, query, asked = base::Clock::now(), shared] { look_up(query, asked, shared); });
}

void ProbeRequests::work(const Done& done, std::function<void()> job) {
  if (pool_->submit(std::move(job))) return;
  (*done)({.end = web::ProbeResult::End::unavailable,
           .problem = "Too many probes are being made already; ask again"});
}

void ProbeRequests::look_up(const web::ProbeQuery& query, base::TimePoint asked, const Done& done) {
  auto looked_up = directory()->look_up(query, asked);
  if (auto* const refused = std::get_if<web::ProbeResult>(&looked_up)) return (*done)(*refused);
  auto& found = std::get<ProbeDirectory::Found>(looked_up);
  schedule::GuestRequest request;
  request.asked = asked;
  request.limit = probe::one_shot_limit(found.question.plan->checks.size(), found.timeout,
                                        query.caller_waits, timeout_offset_);
  request.question = std::move(found.question);
  request.done = [this, shown = std::move(found.shown), done](probe::OneShotReport report) {
    const auto result =
        std::make_shared<const web::ProbeResult>(result_of(shown, std::move(report)));
    work(done, [done, result] { (*done)(*result); });
  };
  ask_worker_(found.worker, std::move(request));
}

web::ProbeResult result_of(web::ProbeResult shown, probe::OneShotReport report) {
  using End = web::ProbeResult::End;
  switch (report.end) {
    case probe::OneShotReport::End::judged:
      shown.end = End::probed;
      break;
    case probe::OneShotReport::End::refused:
      shown.end = End::not_allowed;
      shown.problem = report.problem +
                      ", which probe_allow does not have; to allow it, add that, too, to "
                      "probe_allow in the configuration file";
      break;
    case probe::OneShotReport::End::no_descriptor:
      shown.end = End::unavailable;
      shown.problem =
          "The exporter has no descriptor or kernel memory left for a probe, which says nothing "
          "about the target; raise its limit (ulimit -n, LimitNOFILE), or free memory";
      break;
    case probe::OneShotReport::End::stopping:
      shown.end = End::unavailable;
      shown.problem = "The exporter is stopping";
      break;
  }
  shown.report = std::move(report);
  return shown;
}

}  // namespace app
