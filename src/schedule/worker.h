// One worker: an event loop, a fixed share of the targets, their sockets, timers and records.
// Everything but the constructor, stop() and replace() runs on the thread that calls run().
#pragma once

#include <cstddef>
#include <memory>

#include "net/listen_queues.h"
#include "net/lookups.h"
#include "schedule/descriptors.h"
#include "schedule/guest.h"
#include "schedule/plan.h"
#include "state/failures.h"
#include "state/vitals.h"

namespace schedule {

// All outlive the worker.
struct WorkerContext {
  std::size_t index = 0;  // of its WorkerVitals
  net::Lookups& lookups;
  net::ListenQueues& listen_queues;
  state::Vitals& vitals;
  DescriptorBudget& descriptors;
  state::Failures& failures;
};

class Worker {
 public:
  // The owner has counted the targets of this plan in Vitals::targets_without_first_round; the
  // worker counts each down once, after its first round or when it leaves before. Throws
  // std::system_error.
  Worker(WorkerContext context, Plan plan);
  ~Worker();  // after run() has returned

  void run();   // until stop(); closes every exchange before it returns
  void stop();  // any thread
  void replace(
      Plan plan);  // any thread; a target whose TargetPlan is the same object keeps everything
  // Any thread. `done` is called from run(); after that has returned it is dropped.
  void ask(GuestRequest request);

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace schedule
