// The worker with real listeners whose accept queue the kernel tells, and with a status address.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "schedule/running_worker.h"
#include "schedule/scripts.h"
#include "schedule/worker.h"
#include "support/fastcgi_bytes.h"
#include "support/scripted_responder.h"

namespace schedule {
namespace {

using namespace std::chrono_literals;
using probe::Health;
using support::Listening;
using support::ScriptedResponder;
using support::Where;
namespace step = support::step;

constexpr const char* kBusyPage =
    R"({"pool":"www","process manager":"static","accepted conn":7,"listen queue":0,)"
    R"("idle processes":0,"active processes":2,"total processes":2})";
constexpr const char* kIdlePage =
    R"({"pool":"www","process manager":"static","accepted conn":7,"listen queue":0,)"
    R"("idle processes":1,"active processes":1,"total processes":2})";

TargetWish impatient_wish(const base::Address& address) {
  return {.address = address,
          .interval = 50ms,
          .timeout = 200ms,
          .abandon_after = 60s,
          .stale_after = 60s,
          .health = {.fall = 2}};
}

TargetWish with_status(TargetWish wished, const base::Address& status_address) {
  wished.checks.push_back(
      {.name = "status", .decides_health = false, .asks_status_address = true, .kind = "status"});
  wished.status_address = status_address;
  return wished;
}

bool becomes(const std::shared_ptr<const TargetPlan>& plan, Health health) {
  return eventually([&] { return health_of(plan) == health; });
}

support::Script serves(const std::string& page) {
  return {step::read_request(),
          step::send(support::stdout_record("Content-type: application/json\r\n\r\n" + page) +
                     support::end_request())};
}

// A pool whose workers are all busy: the kernel queues whoever comes.
constexpr Listening kNobodyAccepts{.accepts = false, .backlog = 8};

std::vector<base::UniqueFd> connect_clients(const base::Address& address, int count) {
  const auto to = *base::socket_address(address);
  std::vector<base::UniqueFd> clients;
  for (int i = 0; i < count; ++i) {
    clients.emplace_back(socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(connect(clients.back().get(), to.get(), to.size), 0);
  }
  return clients;
}

TEST(WorkerQueue, APoolThatAcceptsNobodyIsSaturatedAndItsQueueShown) {
  for (const Where where : {Where::tcp, Where::tcp6, Where::unix_path, Where::abstract_name}) {
    ScriptedResponder pool(where, {kSilence}, kNobodyAccepts);
    const auto www = target(impatient_wish(pool.address()));
    RunningWorker worker({www});
    ASSERT_TRUE(becomes(www, Health::saturated));
    const auto others = connect_clients(pool.address(), 5);
    ASSERT_TRUE(eventually([&] {
      const auto queue = status_of(*www).listen_queue;
      return queue && queue->length == 6 && queue->limit == 8;
    }));
    EXPECT_EQ(health_of(www), Health::saturated);
    EXPECT_EQ(status_of(*www).checks[0].probes, 1u) << "only one of ours is queued";
    EXPECT_TRUE(status_of(*www).has_own_entry);
  }
}

TEST(WorkerQueue, AWorkerThatTookTheRequestAndIsSilentIsDead) {
  ScriptedResponder responder(Where::unix_path, {kSilence});
  const auto www = target(impatient_wish(responder.address()));
  RunningWorker worker({www});
  ASSERT_TRUE(becomes(www, Health::down));
  // At once, or at the next beat when the queue's first sample came late.
  EXPECT_TRUE(eventually([&] { return status_of(*www).checks[0].last_dead; }));
}

TEST(WorkerStatusAddress, ThatShowsNoIdleWorkerMeansBusy) {
  ScriptedResponder pool(Where::unix_path, {kSilence});  // its queue alone would say: dead
  ScriptedResponder status(Where::unix_path, {serves(kBusyPage)});
  const auto www = target(with_status(impatient_wish(pool.address()), status.address()));
  RunningWorker worker({www});
  ASSERT_TRUE(becomes(www, Health::saturated));
  EXPECT_THAT(*status_of(*www).checks[0].last_detail,
              testing::HasSubstr("the status address says that no worker is idle"));
  EXPECT_EQ(status_of(*www).pool.page->accepted_connections, 7u);
}

TEST(WorkerStatusAddress, ThatShowsAnIdleWorkerBesideASilentPoolMeansDead) {
  ScriptedResponder pool(Where::unix_path, {kSilence},
                         kNobodyAccepts);  // its queue alone would say: busy
  ScriptedResponder status(Where::unix_path, {serves(kIdlePage)});
  const auto www = target(with_status(impatient_wish(pool.address()), status.address()));
  RunningWorker worker({www});
  ASSERT_TRUE(becomes(www, Health::down));
  EXPECT_TRUE(status_of(*www).checks[0].last_dead);
}

TEST(WorkerStatusAddress, ThatAnswersAtEachBeatHidesNoQueue) {
  ScriptedResponder pool(Where::unix_path, {{step::read_request(), step::answer_pong()}});
  ScriptedResponder status(Where::unix_path, {serves(kIdlePage)});
  const auto www = target(with_status(impatient_wish(pool.address()), status.address()));
  RunningWorker worker({www});
  EXPECT_TRUE(eventually([&] { return status_of(*www).listen_queue.has_value(); }));
  EXPECT_EQ(health_of(www), Health::up);
}

TEST(WorkerStatusAddress, ThatIsSilentTooMeansDead) {
  ScriptedResponder pool(Where::unix_path, {kSilence}, kNobodyAccepts);
  ScriptedResponder status(Where::unix_path, {kSilence}, kNobodyAccepts);
  const auto www = target(with_status(impatient_wish(pool.address()), status.address()));
  RunningWorker worker({www});
  ASSERT_TRUE(becomes(www, Health::down));
  EXPECT_THAT(*status_of(*www).checks[0].last_detail,
              testing::HasSubstr("the status address is silent, too"));
}

// A name with two addresses, of which only the second is the pool's: as "localhost" often is.
TEST(WorkerQueue, IsThatOfTheAddressThatAnswered) {
  ScriptedResponder pool(Where::tcp, {kSilence}, kNobodyAccepts);
  base::Address by_name = pool.address();
  by_name.host = "localhost";
  const auto www = target(impatient_wish(by_name));
  RunningWorker worker({www});
  ASSERT_TRUE(becomes(www, Health::saturated));
  EXPECT_TRUE(eventually([&] { return status_of(*www).listen_queue.has_value(); }));
}

TEST(WorkerStatusAddress, ThatIsNoStatusPageLeavesTheWordToTheQueue) {
  ScriptedResponder pool(Where::unix_path, {kSilence}, kNobodyAccepts);
  ScriptedResponder status(Where::unix_path, {serves("pong")});
  const auto www = target(with_status(impatient_wish(pool.address()), status.address()));
  RunningWorker worker({www});
  ASSERT_TRUE(becomes(www, Health::saturated));
}

}  // namespace
}  // namespace schedule
