// Guests of a running worker, and their answers.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "schedule/guest.h"
#include "schedule/running_worker.h"

namespace schedule {

inline std::shared_ptr<const TargetPlan> guest_plan(const base::Address& address,
                                                    std::vector<CheckWish> checks = {{}}) {
  return share(target_plan({.name = "guest",
                            .address = address,
                            .checks = std::move(checks),
                            .timeout = std::chrono::seconds(30),
                            .abandon_after = std::chrono::seconds(60)},
                           base::Clock::now()));
}

class AskingGuests {
 public:
  explicit AskingGuests(RunningWorker& worker) : worker_(worker) {}

  // Of the target that `plan` would watch; `key` tells questions apart.
  void ask(const std::shared_ptr<const TargetPlan>& plan, const std::string& key,
           base::Duration limit = std::chrono::seconds(30),
           std::shared_ptr<const GuestPermission> permission = nullptr) {
    worker_.ask({.question = {.key = key, .plan = plan, .permission = std::move(permission)},
                 .asked = base::Clock::now(),
                 .limit = limit,
                 .done = [answers = answers_](probe::OneShotReport report) {
                   const std::lock_guard lock(answers->mutex);
                   answers->all.push_back(std::move(report));
                 }});
  }
  std::vector<probe::OneShotReport> answers() const {
    const std::lock_guard lock(answers_->mutex);
    return answers_->all;
  }
  // The answers, once there are so many.
  std::vector<probe::OneShotReport> wait_for(std::size_t count) const {
    eventually([&] { return answers().size() >= count; });
    return answers();
  }
  std::size_t successes() const {
    return static_cast<std::size_t>(std::ranges::count_if(answers(), probe::is_success));
  }

 private:
  struct Answers {
    std::mutex mutex;
    std::vector<probe::OneShotReport> all;
  };

  RunningWorker& worker_;
  const std::shared_ptr<Answers> answers_ = std::make_shared<Answers>();
};

}  // namespace schedule
