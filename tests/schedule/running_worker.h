// A worker on a thread of its own, with all that it needs, and ways to wait for what it does.
#pragma once

#include <poll.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "schedule/plans.h"
#include "schedule/worker.h"

namespace schedule {

// Records tell nobody when they change, so this looks every millisecond; false after far more time
// than it ever takes.
inline bool eventually(const std::function<bool()>& condition) {
  const base::TimePoint limit = base::Clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (base::Clock::now() > limit) return false;
    poll(nullptr, 0, 1);
  }
  return true;
}

class RunningWorker {
 public:
  struct Options {
    std::int64_t descriptors = 10'000;
    net::Lookups::Options lookups = {};
  };

  explicit RunningWorker(Plan plan) : RunningWorker(std::move(plan), Options()) {}
  RunningWorker(Plan plan, Options options)
      : vitals_(1),
        descriptors_(options.descriptors),
        lookups_(std::make_unique<net::Lookups>(options.lookups)) {
    vitals_.targets_without_first_round = static_cast<std::int64_t>(plan.size());
    worker_ = std::make_unique<Worker>(WorkerContext{.lookups = *lookups_,
                                                     .listen_queues = listen_queues_,
                                                     .vitals = vitals_,
                                                     .descriptors = descriptors_,
                                                     .failures = failures_},
                                       std::move(plan));
    thread_ = std::thread([this] { worker_->run(); });
  }
  ~RunningWorker() { stop(); }

  void stop() {
    if (!thread_.joinable()) return;
    worker_->stop();
    thread_.join();
  }
  // The worker goes before the look-ups, as in the program.
  void destroy() {
    stop();
    worker_.reset();
  }
  void replace(Plan plan) { worker_->replace(std::move(plan)); }
  void ask(GuestRequest request) { worker_->ask(std::move(request)); }

  state::Vitals& vitals() { return vitals_; }
  const DescriptorBudget& descriptors() const { return descriptors_; }
  const state::Failures& failures() const { return failures_; }

 private:
  state::Vitals vitals_;
  DescriptorBudget descriptors_;
  state::Failures failures_;
  std::unique_ptr<net::Lookups> lookups_;
  net::ListenQueues listen_queues_;
  std::unique_ptr<Worker> worker_;
  std::thread thread_;
};

// Reads the records of a plan without pause, as a scraper would at worst, and finds promises
// broken.
class SteadyReader {
 public:
  explicit SteadyReader(Plan plan) : plan_(std::move(plan)), thread_([this] { run(); }) {}
  ~SteadyReader() { finish(); }

  // What was broken first; empty when nothing was.
  std::string finish() {
    is_done_ = true;
    if (thread_.joinable()) thread_.join();
    return broken_;
  }

 private:
  void run() {
    state::TargetStatus status;
    while (!is_done_) {
      for (const auto& target : plan_) {
        target->record->copy_to(status);
        for (const state::CheckStatus& check : status.checks) {
          if (broken_.empty()) broken_ = broken_promise(check);
        }
      }
    }
  }

  const Plan plan_;
  std::atomic<bool> is_done_ = false;
  std::string broken_;
  std::thread thread_;
};

}  // namespace schedule
