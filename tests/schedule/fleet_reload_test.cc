// A fleet whose plans are replaced over and over while every target is probed and every record is
// read. FLEET_TARGETS=500 FLEET_RELOADS=1000 makes it the long run; the usual one is short.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "schedule/running_worker.h"
#include "state/board.h"
#include "support/scripted_responder.h"

namespace schedule {
namespace {

using namespace std::chrono_literals;
using support::ScriptedResponder;
using support::Where;
namespace step = support::step;

constexpr int kBeatsPerSecond = 6'000;  // of the whole fleet: more than a slow machine can do

std::size_t number_of(const char* variable, std::size_t usual) {
  const char* text = std::getenv(variable);
  return text == nullptr ? usual : std::stoul(text);
}

std::ptrdiff_t open_descriptors() {
  const std::filesystem::directory_iterator each("/proc/self/fd");
  return std::distance(begin(each), end(each));
}

std::shared_ptr<const TargetPlan> fleet_target(const std::string& name,
                                               const base::Address& address,
                                               base::Duration interval) {
  return share(target_plan({.name = name,
                            .address = address,
                            .interval = interval,
                            .timeout = 30s,
                            .abandon_after = 60s,
                            .stale_after = 60s},
                           base::Clock::now()));
}

// The targets of one worker: of ten eight stay, one is changed by each reload, and one comes with
// one reload and goes with the next.
class Share {
 public:
  Share(std::string name, const base::Address& address, std::size_t targets,
        base::Duration interval)
      : name_(std::move(name)), address_(address), tenth_(targets / 10), interval_(interval) {
    for (std::size_t i = 0; i < 8 * tenth_; ++i) {
      staying_.push_back(fleet_target(name_ + "-stays-" + std::to_string(i), address_, interval_));
    }
    before_.resize(staying_.size());
  }

  const Plan& staying() const { return staying_; }
  const TargetPlan& newest() const { return *newest_; }

  Plan next() {
    Plan plan = staying_;
    for (std::size_t i = 0; i < tenth_; ++i) {
      add(plan, name_ + "-changes-" + std::to_string(i));
      if (turn_ % 2 == 0) add(plan, name_ + "-comes-" + std::to_string(i));
    }
    ++turn_;
    return plan;
  }

  void expect_no_counter_fell() {
    for (std::size_t i = 0; i < staying_.size(); ++i) {
      const state::CheckStatus now = status_of(*staying_[i]).checks[0];
      EXPECT_EQ(broken_promise(now), "");
      EXPECT_GE(now.planned, before_[i].planned);
      EXPECT_GE(now.probes, before_[i].probes);
      EXPECT_GE(now.passes, before_[i].passes);
      EXPECT_GE(all_skipped(now), all_skipped(before_[i]));
      EXPECT_GE(now.durations.count, before_[i].durations.count);
      before_[i] = now;
    }
  }
  // Of everything that stays: it was asked on, and no probe of it was cut short.
  void expect_only_passes() const {
    for (const auto& plan : staying_) {
      const state::CheckStatus check = status_of(*plan).checks[0];
      EXPECT_GE(check.passes, 2u);
      EXPECT_EQ(check.passes, check.probes);
    }
  }
  std::size_t records_alive() const {
    std::size_t alive = 0;
    for (const auto& record : made_) alive += record.expired() ? 0 : 1;
    return alive;
  }

 private:
  void add(Plan& plan, const std::string& name) {
    plan.push_back(fleet_target(name, address_, interval_));
    made_.emplace_back(plan.back()->record);
    newest_ = plan.back();
  }

  const std::string name_;
  const base::Address address_;
  const std::size_t tenth_;
  const base::Duration interval_;
  Plan staying_;
  std::vector<state::CheckStatus> before_;  // of those that stay
  std::size_t turn_ = 0;
  std::shared_ptr<const TargetPlan> newest_;
  std::vector<std::weak_ptr<state::TargetRecord>> made_;  // of those that do not stay
};

void show(state::Board& board, const Plan& one, const Plan& other) {
  std::vector<std::shared_ptr<state::TargetRecord>> records;
  for (const Plan* plan : {&one, &other}) {
    for (const auto& each : *plan) records.push_back(each->record);
  }
  board.replace(std::make_shared<const state::TargetSet>(std::move(records)));
}

Plan both(const Share& one, const Share& other) {
  Plan plan = one.staying();
  plan.insert(plan.end(), other.staying().begin(), other.staying().end());
  return plan;
}

// As a scraper would at worst: the set of now, record by record, without a pause.
class BoardReader {
 public:
  explicit BoardReader(const state::Board& board) : board_(board), thread_([this] { run(); }) {}
  ~BoardReader() {
    is_done_ = true;
    thread_.join();
  }

 private:
  void run() {
    state::TargetStatus status;
    while (!is_done_) {
      const auto targets = board_.targets();
      for (const auto& record : targets->records()) record->copy_to(status);
    }
  }

  const state::Board& board_;
  std::atomic<bool> is_done_ = false;
  std::thread thread_;
};

TEST(FleetReload, OftenAndUnderFullLoadLosesAndLeaksNothing) {
  const std::size_t targets = number_of("FLEET_TARGETS", 60);
  const std::size_t reloads = number_of("FLEET_RELOADS", 100);
  ScriptedResponder responder(Where::unix_path, {{step::read_request(), step::answer_pong()}},
                              {.backlog = 4'096});
  const std::ptrdiff_t descriptors = open_descriptors();
  const base::Duration interval = base::Duration(1s) * targets / kBeatsPerSecond;
  Share a("a", responder.address(), targets / 2, interval);
  Share b("b", responder.address(), targets / 2, interval);
  {
    state::Board board;
    RunningWorker first(a.staying()), second(b.staying());
    BoardReader board_reader(board);
    SteadyReader reader(both(a, b));
    for (std::size_t i = 0; i < reloads; ++i) {
      Plan of_a = a.next(), of_b = b.next();
      show(board, of_a, of_b);
      first.replace(std::move(of_a));
      second.replace(std::move(of_b));
      ASSERT_TRUE(eventually([&] { return status_of(a.newest()).checks[0].passes > 0; })) << i;
      ASSERT_TRUE(eventually([&] { return status_of(b.newest()).checks[0].passes > 0; })) << i;
      a.expect_no_counter_fell();
      b.expect_no_counter_fell();
    }
    EXPECT_EQ(reader.finish(), "");
    a.expect_only_passes();
    b.expect_only_passes();
    const std::size_t in_force = board.targets()->records().size() - both(a, b).size();
    EXPECT_TRUE(eventually([&] { return a.records_alive() + b.records_alive() <= in_force; }))
        << "records of targets that have gone are still there";
    first.stop();
    second.stop();
    for (RunningWorker* worker : {&first, &second}) {
      EXPECT_EQ(worker->vitals().targets_without_first_round, 0);
      EXPECT_EQ(worker->vitals().probes_in_flight(), 0);
      EXPECT_EQ(worker->descriptors().taken(), 0);
    }
  }
  EXPECT_TRUE(eventually([&] { return open_descriptors() <= descriptors; }));
}

}  // namespace
}  // namespace schedule
