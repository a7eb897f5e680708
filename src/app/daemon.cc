#include "app/daemon.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

#include "app/lookup_options.h"
#include "app/plans.h"
#include "app/version.h"
#include "base/log.h"
#include "http/front.h"
#include "net/event_loop.h"
#include "net/listen_queues.h"
#include "net/lookups.h"
#include "schedule/worker.h"
#include "web/routes.h"

namespace app {
namespace {

constexpr std::int64_t kReservedDescriptors =
    64;  // logs, epoll, files, the lookup thread's sockets

// How the process's descriptors are shared: probes must never take the one that a health answer
// needs.
struct Descriptors {
  std::int64_t probes = 0;
  std::size_t http_connections = 0;
};

Descriptors share_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  constexpr std::int64_t kMostHttp = 4096;
  const auto descriptors = static_cast<std::int64_t>(std::min<rlim_t>(limit.rlim_cur, 1 << 20));
  const std::int64_t usable = descriptors - kReservedDescriptors;
  const std::int64_t http = std::clamp<std::int64_t>(usable / 4, 8, kMostHttp);
  return {.probes = std::max<std::int64_t>(usable - http, 1),
          .http_connections = static_cast<std::size_t>(http)};
}

metrics::Compat compat_of(const config::Config& config) {
  if (config.compat == config::Compat::none) return metrics::Compat::none;
  return config.fix_process_count ? metrics::Compat::hipages_fixed_process_count
                                  : metrics::Compat::hipages;
}

// Everything that lives as long as the program, in the order it is needed: destroyed the other way
// round.
class Daemon {
 public:
  Daemon(const config::Config& config, const DaemonOptions& options);
  ~Daemon() { stop(); }

  void start();
  void stop();
  const http::Front& front() const { return *front_; }
  std::uint64_t series() const;  // of a page now

 private:
  metrics::ExporterReadings readings() const;
  std::shared_ptr<const web::Services> make_services(const config::Config& config,
                                                     const DaemonOptions& options);

  const base::TimePoint started_ = base::Clock::now();
  const base::WallTime started_wall_ = std::chrono::system_clock::now();
  const Descriptors descriptors_ = share_descriptors();
  const metrics::Detail detail_;
  const metrics::Compat compat_;
  state::Board board_;
  state::Vitals vitals_;
  schedule::DescriptorBudget probe_sockets_;
  net::Lookups lookups_;
  net::ListenQueues listen_queues_;
  std::vector<std::unique_ptr<schedule::Worker>> workers_;
  std::unique_ptr<http::Front> front_;
  std::vector<std::thread> threads_;
};

Daemon::Daemon(const config::Config& config, const DaemonOptions& options)
    : detail_(config.detail == config::Detail::full ? metrics::Detail::full
                                                    : metrics::Detail::compact),
      compat_(compat_of(config)),
      vitals_(config.workers),
      probe_sockets_(descriptors_.probes),
      lookups_(lookup_options()) {
  Plans plans = make_plans(config, started_);
  board_.replace(plans.targets);
  vitals_.targets_without_first_round = static_cast<std::int64_t>(plans.targets->records().size());
  for (std::size_t i = 0; i < plans.workers.size(); ++i) {
    workers_.push_back(
        std::make_unique<schedule::Worker>(schedule::WorkerContext{.index = i,
                                                                   .lookups = lookups_,
                                                                   .listen_queues = listen_queues_,
                                                                   .vitals = vitals_,
                                                                   .descriptors = probe_sockets_},
                                           std::move(plans.workers[i])));
  }
  http::FrontOptions front;
  front.listen = config.web.listen_address;
  front.max_connections = descriptors_.http_connections;
  front.reserved_connections = std::min(front.reserved_connections, front.max_connections / 4);
  front_ = std::make_unique<http::Front>(std::move(front),
                                         web::make_routes(make_services(config, options)));
}

std::shared_ptr<const web::Services> Daemon::make_services(const config::Config& config,
                                                           const DaemonOptions& options) {
  return std::make_shared<const web::Services>(
      web::Services{.board = board_,
                    .vitals = vitals_,
                    .started = started_,
                    .failure_status = config.web.failure_status,
                    .telemetry_path = config.web.telemetry_path,
                    .detail = detail_,
                    .compat = compat_,
                    .max_requests = config.web.max_requests,
                    .readings = [this] { return readings(); },
                    .effective_config = [text = options.effective_config] { return text; }});
}

metrics::ExporterReadings Daemon::readings() const {
  metrics::ExporterReadings read;
  read.version = version();
  read.revision = revision();
  read.config_last_reload_success = started_wall_;
  read.http_connections = front_->connections();
  read.http_connections_evicted = front_->evicted();
  read.http_requests_by_code = front_->requests_by_code();
  return read;
}

std::uint64_t Daemon::series() const {
  const auto targets = board_.targets();
  const metrics::ExporterReadings read = readings();
  return metrics::count_series({.targets = *targets,
                                .vitals = vitals_,
                                .readings = read,
                                .detail = detail_,
                                .compat = compat_,
                                .now = base::Clock::now()});
}

void Daemon::start() {
  for (const auto& worker : workers_) threads_.emplace_back([&worker] { worker->run(); });
  threads_.emplace_back([this] { front_->run(); });
}

void Daemon::stop() {
  front_->stop();
  for (const auto& worker : workers_) worker->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void log_start(const config::Config& config, const Daemon& daemon) {
  for (const base::Address& address : daemon.front().bound())
    base::log::info("listening", {{"address", address.text()}});
  base::log::info("started", {{"version", std::string(version())},
                              {"targets", std::to_string(config.targets.size())},
                              {"workers", std::to_string(config.workers)},
                              {"series", std::to_string(daemon.series())}});
}

void wait_for_end(Signals& signals) {
  net::EventLoop loop;
  if (!loop.watch(signals.fd(), 0, net::Interest::read))
    throw std::system_error(errno, std::system_category(), "epoll");
  int signal = 0;
  while (signal != SIGTERM && signal != SIGINT) {
    loop.wait(std::nullopt);
    signal = signals.next();
    // Elsewhere it means "reload": an exporter that dies of it would be a trap.
    if (signal == SIGHUP)
      base::log::warn("SIGHUP changes nothing: restart to read a new configuration");
  }
  base::log::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
}

}  // namespace

void run_daemon(const config::Config& config, Signals& signals, const DaemonOptions& options) {
  Daemon daemon(config, options);
  daemon.start();
  log_start(config, daemon);
  if (options.on_started) options.on_started(daemon.front().bound());
  wait_for_end(signals);
  Signals::let_the_next_one_end_the_process();
  daemon.stop();
  base::log::info("stopped", {{"dropped_log_lines", std::to_string(base::log::dropped_lines())}});
}

}  // namespace app
