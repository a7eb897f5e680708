#include "app/daemon.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "app/config_in_force.h"
#include "app/daemon_log.h"
#include "app/descriptor_shares.h"
#include "app/discoveries.h"
#include "app/lookup_options.h"
#include "app/plans.h"
#include "app/probe_requests.h"
#include "app/reload_requests.h"
#include "app/restart_keys.h"
#include "app/supervisor.h"
#include "app/version.h"
#include "app/web_access.h"
#include "base/log.h"
#include "base/memory.h"
#include "http/front.h"
#include "net/event_loop.h"
#include "net/listen_queues.h"
#include "net/lookups.h"
#include "schedule/worker.h"
#include "web/probe_page.h"
#include "web/route_prefix.h"
#include "web/routes.h"

namespace app {
namespace {

constexpr std::uint64_t kSignalsKey = 0;  // in the control loop
constexpr std::uint64_t kDiscoveryKey = 1;

metrics::Compat compat_of(const config::Config& config) {
  if (config.compat == config::Compat::none) return metrics::Compat::none;
  return config.fix_process_count ? metrics::Compat::hipages_fixed_process_count
                                  : metrics::Compat::hipages;
}

discovery::Now now() {
  return {.steady = base::Clock::now(), .wall = std::chrono::system_clock::now()};
}

std::optional<base::TimePoint> sooner(std::optional<base::TimePoint> one,
                                      std::optional<base::TimePoint> other) {
  return one && other ? std::min(*one, *other) : one ? one : other;
}

constexpr base::Duration kLookAtFilesEvery = std::chrono::seconds(1);

// Everything that lives as long as the program, in the order it is needed: destroyed the other way
// round.
class Daemon {
 public:
  Daemon(config::Config config, DaemonOptions options);
  ~Daemon() { stop(); }

  void start();
  int control(Signals& signals);  // the signal that ends the program
  void stop();
  const http::Front& front() const { return *front_; }
  const config::Config& config() const { return *config_; }
  std::uint64_t series() const;  // of a page now
  std::size_t targets() const { return plans_.targets->records().size(); }

 private:
  metrics::ExporterReadings readings() const;
  std::shared_ptr<const web::Services> make_services();
  bool every_loop_turns(base::TimePoint now) const;
  std::string status() const;
  web::ReloadResult reload();
  web::ReloadResult try_reload();
  web::ReloadResult refuse(std::string problems);
  void rediscover();
  void try_rediscover();
  void look_at_web_access();
  base::Result<bool> reload_web_access();
  std::optional<base::TimePoint> wake_time() const;
  Changes put_in_force(std::shared_ptr<const config::Config> next, Replanned made);

  const DaemonOptions options_;
  const base::TimePoint started_ = base::Clock::now();
  const DescriptorShares descriptors_ = share_descriptors();

  // The control loop's.
  net::EventLoop events_;
  Supervisor supervisor_{supervisor_options(config::process_environment(), ::getpid())};
  net::Lookups lookups_{lookup_options()};
  Discoveries discoveries_{events_, kDiscoveryKey, lookups_};
  std::shared_ptr<const config::Config> loaded_;  // as it was read
  std::shared_ptr<const config::Config> config_;  // in force: with the targets that were found
  Plans plans_;                                   // of it

  const config::Shard shard_;
  const metrics::Detail detail_;
  const metrics::Compat compat_;
  ConfigInForce in_force_;
  WebAccess web_access_;
  std::atomic<bool> web_access_is_last_read_{true};
  ReloadRequests reloads_{[this] { events_.wake(); }};
  state::Board board_;
  state::Vitals vitals_;
  state::Failures failures_;
  schedule::DescriptorBudget probe_sockets_;
  net::ListenQueues listen_queues_;
  ProbeRequests probes_;
  std::vector<std::unique_ptr<schedule::Worker>> workers_;
  std::unique_ptr<http::Front> front_;
  std::vector<std::thread> threads_;
};

Daemon::Daemon(config::Config config, DaemonOptions options)
    : options_(std::move(options)),
      loaded_(std::make_shared<const config::Config>(std::move(config))),
      config_(discoveries_.find(loaded_, Discoveries::Occasion::reread, now())),
      plans_(make_plans(*config_, started_)),
      shard_(config_->shard),
      detail_(config_->detail == config::Detail::full ? metrics::Detail::full
                                                      : metrics::Detail::compact),
      compat_(compat_of(*config_)),
      in_force_(std::chrono::system_clock::now()),
      web_access_(options_.web_config_file),
      vitals_(config_->workers),
      probe_sockets_(descriptors_.probes),
      probes_([this](std::size_t worker,
                     schedule::GuestRequest request) { workers_[worker]->ask(std::move(request)); },
              config_->timeout_offset) {
  board_.replace(plans_.targets);
  probes_.replace(config_, plans_);
  vitals_.targets_without_first_round = static_cast<std::int64_t>(plans_.targets->records().size());
  for (std::size_t i = 0; i < plans_.workers.size(); ++i) {
    workers_.push_back(
        std::make_unique<schedule::Worker>(schedule::WorkerContext{.index = i,
                                                                   .lookups = lookups_,
                                                                   .listen_queues = listen_queues_,
                                                                   .vitals = vitals_,
                                                                   .descriptors = probe_sockets_,
                                                                   .failures = failures_},
                                           plans_.workers[i]));
  }
  http::FrontOptions front;
  front.adopted = options_.systemd_sockets;
  if (front.adopted.empty()) front.listen = config_->web.listen_address;
  front.access = web_access_.read_first();
  front.max_connections = descriptors_.http_connections;
  front.max_parked += web::kMaxProbesAtOnce;  // those whose client is gone, too
  front.reserved_connections = std::min(front.reserved_connections, front.max_connections / 4);
  auto routes = web::with_prefix(web::make_routes(make_services()), config_->web.route_prefix);
  front.open_paths =
      web::prefixed_pages(config_->web.unauthenticated_paths, config_->web.route_prefix, routes);
  front_ = std::make_unique<http::Front>(std::move(front), std::move(routes));
}

std::shared_ptr<const web::Services> Daemon::make_services() {
  auto services = std::make_shared<web::Services>(
      web::Services{.board = board_,
                    .vitals = vitals_,
                    .failures = failures_,
                    .started = started_,
                    .failure_status = config_->web.failure_status,
                    .telemetry_path = config_->web.telemetry_path,
                    .detail = detail_,
                    .compat = compat_,
                    .max_requests = config_->web.max_requests,
                    .readings = [this] { return readings(); },
                    .config = [this] { return probes_.config(); },
                    .probe = [this](const web::ProbeQuery& query,
                                    web::ProbeDone done) { probes_.ask(query, std::move(done)); }});
  if (options_.enable_lifecycle) {
    services->reload = [this](web::ReloadDone done) { reloads_.ask(std::move(done)); };
  }
  return services;
}

metrics::ExporterReadings Daemon::readings() const {
  metrics::ExporterReadings read;
  read.version = version();
  read.revision = revision();
  const ConfigInForce::Reading in_force = in_force_.read();
  read.config_last_reload_successful = in_force.is_last_read;
  read.config_last_reload_success = in_force.since;
  read.shard_index = shard_.index;
  read.shard_count = shard_.count;
  read.http_connections = front_->connections();
  read.http_connections_evicted = front_->evicted();
  read.http_requests_by_code = front_->requests_by_code();
  const Discoveries::Numbers discovered = discoveries_.numbers();
  read.discovery_conflicts = discovered.conflicts;
  read.discovery_problems = discovered.problems;
  if (web_access_.has_file()) {
    read.web_config = {.last_reload_successful = web_access_is_last_read_,
                       .failed_handshakes = front_->failed_handshakes()};
  }
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

// As `top -H` and a debugger show them.
void name_this_thread(const char* name) {
  ::pthread_setname_np(::pthread_self(), name);
}

void Daemon::start() {
  for (const auto& worker : workers_) {
    threads_.emplace_back([&worker] {
      name_this_thread("worker");
      worker->run();
    });
  }
  threads_.emplace_back([this] {
    name_this_thread("front");
    front_->run();
  });
}

int Daemon::control(Signals& signals) {
  if (!events_.watch(signals.fd(), kSignalsKey, net::Interest::read))
    throw std::system_error(errno, std::system_category(), "epoll");
  supervisor_.ready(status());
  while (true) {
    supervisor_.keep_alive(base::Clock::now(), every_loop_turns(base::Clock::now()));
    events_.wait(wake_time());
    const int signal = signals.next();
    if (signal == SIGTERM || signal == SIGINT) {
      supervisor_.stopping();
      return signal;
    }
    const std::vector<web::ReloadDone> asked = reloads_.take();
    if (signal == SIGHUP || !asked.empty()) {
      const web::ReloadResult result = reload();
      for (const web::ReloadDone& done : asked) done(result);
    } else if (discoveries_.is_due(events_.now())) {
      rediscover();
    }
    look_at_web_access();
  }
}

bool Daemon::every_loop_turns(base::TimePoint now) const {
  return vitals_.stuck_workers(now, started_) == 0 &&
         now - front_->last_turn() < state::kLoopStuckAfter;
}

// The line that `systemctl status` shows.
std::string Daemon::status() const {
  std::string watching = "watching " + std::to_string(targets()) + " targets";
  if (in_force_.read().is_last_read) return watching;
  return watching + "; the new configuration is bad and the old one stays in force";
}

std::optional<base::TimePoint> Daemon::wake_time() const {
  const auto due = sooner(supervisor_.next_keep_alive(), discoveries_.next_due());
  return web_access_.has_file() ? sooner(due, base::Clock::now() + kLookAtFilesEvery) : due;
}

void Daemon::look_at_web_access() {
  if (!web_access_.has_changed()) return;
  if (const auto read = reload_web_access(); !read) log_problems(read.error());
}

// Unlike the toolkit's, which answers 500 until the file is mended.
base::Result<bool> Daemon::reload_web_access() {
  auto access = web_access_.read();
  web_access_is_last_read_ = access.has_value();
  if (!access) return base::Unexpected{access.error()};
  front_->replace(*access);
  base::log::info("web configuration reloaded");
  return true;
}

web::ReloadResult Daemon::reload() {
  supervisor_.reloading(base::Clock::now());
  web::ReloadResult result;
  try {
    result = try_reload();
  } catch (const std::bad_alloc&) {
    discoveries_.look_again();  // for the configuration that stays: they may follow the other now
    result = refuse("There is not enough memory for it: raise the limit, or watch fewer targets.");
  }
  supervisor_.ready(status());
  return result;
}

web::ReloadResult Daemon::refuse(std::string problems) {
  in_force_.another_was_bad();
  log_problems(problems);
  return {.end = web::ReloadResult::End::bad, .problems = std::move(problems)};
}

// What grows with the targets is made before any of it is put in force, since it may not fit.
web::ReloadResult Daemon::try_reload() {
  base::Result<config::Loaded> loaded = options_.load();
  if (!loaded) return refuse(loaded.error());
  const std::string& blank = loaded->blank_file;
  if (!blank.empty() && loaded->config.watches_nothing() && !loaded_->watches_nothing()) {
    return refuse(
        blank + ": is blank now, and would leave nothing to watch; write `targets: []` to say so");
  }
  if (web_access_.has_file()) {
    const auto read = reload_web_access();
    if (!read) return refuse(read.error());
  }
  config::Loaded next = std::move(loaded).value();
  for (const std::string& warning : next.warnings) base::log::warn(warning);
  for (const std::string& key : keep_until_restart(*loaded_, next.config))
    base::log::warn("a changed key is ignored until the next restart", {{"key", key}});
  auto next_loaded = std::make_shared<const config::Config>(std::move(next.config));
  auto found = discoveries_.find(next_loaded, Discoveries::Occasion::reread, now());
  Replanned made = replan(*found, *config_, plans_, base::Clock::now());
  loaded_ = std::move(next_loaded);
  const Changes changes = put_in_force(std::move(found), std::move(made));
  in_force_.replace(std::chrono::system_clock::now());
  log_changes("configuration reloaded", changes);
  base::give_back_freed_memory();
  return {};
}

// What does not fit into memory now is found again at the next look.
void Daemon::rediscover() {
  try {
    try_rediscover();
  } catch (const std::bad_alloc&) {
    base::log::warn("there is not enough memory for the targets that were found; raise the limit");
  }
}

// The file is not read for it, and may be bad meanwhile.
void Daemon::try_rediscover() {
  auto next = discoveries_.find(loaded_, Discoveries::Occasion::change, now());
  if (next->targets == config_->targets && next->modules == config_->modules) return;
  Replanned made = replan(*next, *config_, plans_, base::Clock::now());
  const Changes changes = put_in_force(std::move(next), std::move(made));
  supervisor_.ready(status());
  log_changes("targets found", changes);
}

// The board before the workers: a target that was removed is on no page from here on, whatever its
// worker is about.
Changes Daemon::put_in_force(std::shared_ptr<const config::Config> next, Replanned made) {
  board_.replace(made.plans.targets);
  for (std::size_t i = 0; i < workers_.size(); ++i) workers_[i]->replace(made.plans.workers[i]);
  config_ = std::move(next);
  probes_.replace(config_, made.plans);
  plans_ = std::move(made.plans);
  return made.changes;
}

void Daemon::stop() {
  reloads_.close();
  front_->stop();
  for (const auto& worker : workers_) worker->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  probes_.close();
}

}  // namespace

void run_daemon(config::Config config, Signals& signals, DaemonOptions options) {
  const auto on_started = std::exchange(options.on_started, nullptr);
  Daemon daemon(std::move(config), std::move(options));
  daemon.start();
  log_start(daemon.config(), daemon.front().bound(), daemon.targets(), daemon.series());
  base::give_back_freed_memory();
  if (on_started) on_started(daemon.front().bound());
  const int signal = daemon.control(signals);
  base::log::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  Signals::let_the_next_one_end_the_process();
  daemon.stop();
  base::log::info("stopped", {{"dropped_log_lines", std::to_string(base::log::dropped_lines())}});
}

}  // namespace app
