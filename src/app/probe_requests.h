// Takes /probe to the worker that asks, and what comes of it back to the page. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "app/plans.h"
#include "app/probe_directory.h"
#include "base/mutex.h"
#include "base/time.h"
#include "config/config.h"
#include "http/pool.h"
#include "schedule/guest.h"
#include "web/services.h"

namespace app {

class ProbeRequests {
 public:
  using AskWorker = std::function<void(std::size_t worker, schedule::GuestRequest request)>;
  // Outlives the workers.
  ProbeRequests(AskWorker ask_worker, base::Duration timeout_offset);

  // What may be asked from now on; those under way are answered as they were asked.
  void replace(std::shared_ptr<const config::Config> config, const Plans& plans) EXCLUDES(mutex_);
  void ask(const web::ProbeQuery& query, web::ProbeDone done) EXCLUDES(mutex_);
  // Once no worker runs any more: what is still to be looked up or shown is dropped.
  void close();
  std::shared_ptr<const config::Config> config() const EXCLUDES(mutex_);

 private:
  using Done = std::shared_ptr<const web::ProbeDone>;

  std::shared_ptr<const ProbeDirectory> directory() const EXCLUDES(mutex_);
  void look_up(const web::ProbeQuery& query, base::TimePoint asked, const Done& done);
  void work(const Done& done, std::function<void()> job);

  const AskWorker ask_worker_;
  const base::Duration timeout_offset_;
  mutable base::Mutex mutex_;
  std::shared_ptr<const ProbeDirectory> directory_ GUARDED_BY(mutex_);
  std::uint64_t generation_ GUARDED_BY(mutex_) = 0;
  // Checks are made and pages written here: neither the front nor a worker has time for that.
  std::optional<http::Pool> pool_;
};

// What the page is told of a report; pure.
web::ProbeResult result_of(web::ProbeResult shown, probe::OneShotReport report);

}  // namespace app
