#include "net/lookups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/unique_fd.h"
#include "net/dns_server.h"
#include "support/temp_dir.h"

namespace net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;
using State = NameAnswer::State;

// Something that another thread tells, once or more.
class Bell {
 public:
  void ring() {
    base::MutexLock lock(mutex_);
    ++rings_;
    rung_.notify_all();
  }
  void wait_for(int rings) {
    base::MutexLock lock(mutex_);
    while (rings_ < rings) rung_.wait(mutex_);
  }

 private:
  base::Mutex mutex_;
  base::Condition rung_;
  int rings_ GUARDED_BY(mutex_) = 0;
};

std::vector<std::string> texts(const NameAnswer& answer) {
  std::vector<std::string> result;
  for (const base::SocketAddress& address : answer.addresses) {
    result.push_back(base::text(address));
  }
  return result;
}

class LookupsTest : public testing::Test {
 protected:
  Lookups::Options options() const { return {.servers = server_.text()}; }
  // No answer is kept, and a silent server is given up soon.
  void restart_without_keeping() {
    Lookups::Options changed = options();
    changed.keep = {};
    changed.server_timeout = std::chrono::milliseconds(20);
    lookups_.emplace(changed);
  }

  std::shared_ptr<const NameAnswer> find(const std::string& name) {
    return lookups_->find(name, nullptr);
  }

  // The first answer that is not pending.
  std::shared_ptr<const NameAnswer> answer_for(const std::string& name) {
    auto bell = std::make_shared<Bell>();
    const auto answer = lookups_->find(name, [bell] { bell->ring(); });
    if (answer->state != State::pending) return answer;
    bell->wait_for(1);
    return find(name);
  }

  // Asks again and again until the answer is as wanted: each find() starts a lookup when one is
  // due. A test in which it never is hangs until its time limit.
  template <typename Wanted>
  std::shared_ptr<const NameAnswer> find_until(const std::string& name, Wanted wanted) {
    while (true) {
      auto answer = find(name);
      if (wanted(*answer)) return answer;
      std::this_thread::yield();
    }
  }

  DnsServer server_;
  std::optional<Lookups> lookups_{std::in_place, options()};
};

TEST_F(LookupsTest, IsPendingFirstAndRingsWhenResolved) {
  server_.knows("php.test", {"10.1.2.3"});
  auto bell = std::make_shared<Bell>();
  EXPECT_EQ(lookups_->find("php.test", [bell] { bell->ring(); })->state, State::pending);
  bell->wait_for(1);
  const auto answer = find("php.test");
  EXPECT_EQ(answer->state, State::resolved);
  EXPECT_THAT(texts(*answer), ElementsAre("10.1.2.3:0"));
  EXPECT_EQ(answer->problem, "");
}

TEST_F(LookupsTest, BringsAllAddressesOfBothFamilies) {
  server_.knows("php.test", {"10.0.0.1", "10.0.0.2", "fd00::1"});
  EXPECT_THAT(texts(*answer_for("php.test")),
              UnorderedElementsAre("10.0.0.1:0", "10.0.0.2:0", "[fd00::1]:0"));
}

TEST_F(LookupsTest, BringsMoreAddressesThanAProbeMayTry) {
  std::vector<std::string> many;
  for (int i = 0; i < 25; ++i) many.push_back("10.0.0." + std::to_string(i));
  server_.knows("php.test", many);
  const auto answer = answer_for("php.test");
  EXPECT_EQ(answer->addresses.size(), 25u);
  EXPECT_EQ(with_port(answer->addresses, 9000).size(), kMaxAddressesTried);
}

TEST_F(LookupsTest, ReadsTheHostsFile) {
  EXPECT_THAT(texts(*answer_for("localhost")), testing::Contains("127.0.0.1:0"));
  EXPECT_EQ(server_.questions_for("localhost"), 0u);
}

TEST_F(LookupsTest, SaysWhyANameHasNoAddress) {
  server_.knows("empty.test", {});
  server_.fails("broken.test");
  const struct {
    std::string name;
    std::string problem;
  } cases[] = {{"missing.test", "missing.test: no such name; check its spelling"},
               {"empty.test", "the name exists but has no address record"},
               {"broken.test", "broken.test: no name server could be reached or would answer"},
               {std::string(300, 'x'), "not a legal name"},
               {"two..dots", "not a legal name"}};
  for (const auto& [name, problem] : cases) {
    const auto answer = answer_for(name);
    EXPECT_EQ(answer->state, State::failed) << name;
    EXPECT_THAT(answer->addresses, testing::IsEmpty());
    EXPECT_THAT(answer->problem, HasSubstr(problem));
  }
}

TEST_F(LookupsTest, ASilentNameDelaysNoOther) {
  Bell bell;
  std::vector<std::string> names;
  for (int i = 0; i < 50; ++i) names.push_back("n" + std::to_string(i) + ".test");
  for (const std::string& name : names) server_.knows(name, {"10.0.0.1"});
  server_.never_answers(names[7]);
  for (const std::string& name : names) lookups_->find(name, [&] { bell.ring(); });
  bell.wait_for(49);
  for (const std::string& name : names) {
    EXPECT_EQ(find(name)->state, name == names[7] ? State::pending : State::resolved) << name;
  }
  lookups_.reset();  // before the bell
}

TEST_F(LookupsTest, ASilentServerIsGivenUpAndTheProblemSaysWhatToDo) {
  restart_without_keeping();
  server_.never_answers("php.test");
  auto bell = std::make_shared<Bell>();
  const auto started = base::Clock::now();
  lookups_->find("php.test", [bell] { bell->ring(); });
  bell->wait_for(1);
  EXPECT_GE(base::Clock::now() - started, std::chrono::milliseconds(20 + 40));
  while (server_.questions_for("php.test") < 4u) std::this_thread::yield();
  EXPECT_EQ(server_.questions_for("php.test"), 4u);  // A and AAAA, two tries each
  const auto answer = find("php.test");
  EXPECT_EQ(answer->state, State::failed);
  EXPECT_THAT(answer->problem, HasSubstr("no name server answered; check resolv.conf"));
}

TEST_F(LookupsTest, AsksOnceWhileALookupIsUnderWayAndWhileItsAnswerIsKept) {
  server_.knows("php.test", {"10.0.0.1"});
  for (int i = 0; i < 100; ++i) find("php.test");
  answer_for("php.test");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(find("php.test")->state, State::resolved);
  server_.knows("other.test", {"10.0.0.1"});
  answer_for("other.test");  // a lookup started above would have been asked before this one
  EXPECT_EQ(server_.questions_for("php.test"), 2u);  // A and AAAA
}

TEST_F(LookupsTest, ARefreshAsksAgainWhateverIsKeptAndBringsTheNewAnswer) {
  server_.knows("php.test", {"10.0.0.1"});
  answer_for("php.test");
  server_.knows("php.test", {"10.0.0.2"});
  Bell bell;
  std::shared_ptr<const NameAnswer> news[2];
  for (auto& each : news) {
    lookups_->refresh("php.test", [&](std::shared_ptr<const NameAnswer> answer) {
      each = std::move(answer);
      bell.ring();
    });
  }
  bell.wait_for(2);
  for (const auto& each : news) EXPECT_THAT(texts(*each), ElementsAre("10.0.0.2:0"));
  server_.fails("php.test");
  lookups_->refresh("php.test", [&](std::shared_ptr<const NameAnswer> answer) {
    news[0] = std::move(answer);
    bell.ring();
  });
  bell.wait_for(3);
  EXPECT_NE(news[0]->problem, "");
}

TEST_F(LookupsTest, EveryoneWhoWaitsIsToldOnce) {
  server_.knows("php.test", {"10.0.0.1"});
  Bell bell;
  int waiting = 0;
  for (int i = 0; i < 100; ++i) {
    if (lookups_->find("php.test", [&] { bell.ring(); })->state == State::pending) ++waiting;
  }
  bell.wait_for(waiting);
  EXPECT_GT(waiting, 0);
}

TEST_F(LookupsTest, AnOldAnswerIsRefreshedWhileItIsStillUsed) {
  restart_without_keeping();
  server_.knows("php.test", {"10.0.0.1"});
  find_until("php.test", [](const NameAnswer& answer) { return answer.state == State::resolved; });
  server_.knows("php.test", {"10.0.0.2"});
  const auto changed = find_until("php.test", [](const NameAnswer& answer) {
    EXPECT_EQ(answer.state, State::resolved);
    return texts(answer) == std::vector<std::string>{"10.0.0.2:0"};
  });
  EXPECT_EQ(changed->problem, "");
}

TEST_F(LookupsTest, TheLastGoodAddressesStayWhileLookupsFail) {
  restart_without_keeping();
  server_.knows("php.test", {"10.0.0.1"});
  find_until("php.test", [](const NameAnswer& answer) { return answer.state == State::resolved; });
  const auto has_problem = [](const NameAnswer& answer) { return !answer.problem.empty(); };
  server_.forgets("php.test");
  const auto unknown = find_until("php.test", has_problem);
  EXPECT_EQ(unknown->state, State::resolved);
  EXPECT_THAT(texts(*unknown), ElementsAre("10.0.0.1:0"));
  server_.never_answers("php.test");
  const auto silent = find_until("php.test", [](const NameAnswer& answer) {
    return answer.problem.find("no name server answered") != std::string::npos;
  });
  EXPECT_THAT(texts(*silent), ElementsAre("10.0.0.1:0"));
  server_.knows("php.test", {"10.0.0.9"});
  const auto again =
      find_until("php.test", [&](const NameAnswer& answer) { return !has_problem(answer); });
  EXPECT_THAT(texts(*again), ElementsAre("10.0.0.9:0"));
}

TEST_F(LookupsTest, AFailedNameThatAppearsIsFound) {
  restart_without_keeping();
  EXPECT_EQ(answer_for("late.test")->state, State::failed);
  server_.knows("late.test", {"10.0.0.1"});
  find_until("late.test", [](const NameAnswer& a) { return a.state == State::resolved; });
}

TEST_F(LookupsTest, EndsAtOnceAmidALookup) {
  server_.never_answers("php.test");
  bool rang = false;
  lookups_->find("php.test", [&] { rang = true; });
  server_.wait_for_question("php.test");
  const base::TimePoint before = base::Clock::now();
  lookups_.reset();
  EXPECT_LT(base::Clock::now() - before, std::chrono::seconds(1));
  EXPECT_FALSE(rang);
}

TEST_F(LookupsTest, ForgetsNamesThatNobodyUses) {
  Lookups::Options forgetful = options();
  forgetful.forget_unused_after = {};
  lookups_.emplace(forgetful);
  server_.knows("php.test", {"10.0.0.1"});
  find("php.test");
  while (lookups_->known_names() != 0) std::this_thread::yield();
  EXPECT_EQ(find("php.test")->state, State::pending);
}

TEST_F(LookupsTest, RefusesMoreNamesThanItsLimit) {
  for (std::size_t i = 0; i < kMaxNames; ++i) find("n" + std::to_string(i) + ".test");
  EXPECT_EQ(lookups_->known_names(), kMaxNames);
  const auto refused = find("one.too.many");
  EXPECT_EQ(refused->state, State::failed);
  EXPECT_THAT(refused->problem, HasSubstr("more than 16384 names"));
  EXPECT_EQ(lookups_->known_names(), kMaxNames);
  EXPECT_THAT(find("n0.test")->problem, testing::Not(HasSubstr("more than")));
}

// So many that all of them at once would overflow the server's socket buffer, and be lost twice.
TEST_F(LookupsTest, AnswersThousandsOfNames) {
  std::vector<std::string> names;
  for (int i = 0; i < 3'000; ++i) names.push_back("n" + std::to_string(i) + ".test");
  for (const std::string& name : names) server_.knows(name, {"10.0.0.1"});
  for (const std::string& name : names) find(name);
  for (const std::string& name : names) {
    find_until(name, [](const NameAnswer& answer) { return answer.state == State::resolved; });
  }
}

TEST_F(LookupsTest, ManyThreadsMayAsk) {
  for (int i = 0; i < 20; ++i) server_.knows("n" + std::to_string(i) + ".test", {"10.0.0.1"});
  restart_without_keeping();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      for (int i = 0; i < 20; ++i) {
        find_until("n" + std::to_string(i) + ".test",
                   [](const NameAnswer& answer) { return answer.state == State::resolved; });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// Nobody answers at 127.0.0.2; the name being looked up there is asked for again at the new server.
TEST(Lookups, FollowsAChangeOfResolvConf) {
  DnsServer server;
  server.knows("php.test", {"10.0.0.1"});
  server.knows("other.test", {"10.0.0.2"});
  support::TempDir directory;
  base::UniqueFd silent(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto elsewhere = *base::socket_address(
      {.transport = base::Transport::tcp, .host = "127.0.0.2", .port = server.port(), .path = {}});
  ASSERT_EQ(bind(silent.get(), elsewhere.get(), elsewhere.size), 0);
  Lookups lookups({.resolv_conf = directory.write("resolv.conf", "nameserver 127.0.0.2\n"),
                   .port = server.port(),
                   .server_timeout = std::chrono::hours(1)});
  auto bell = std::make_shared<Bell>();
  lookups.find("php.test", [bell] { bell->ring(); });
  pollfd asked{silent.get(), POLLIN, 0};
  ASSERT_EQ(poll(&asked, 1, 60'000), 1);
  directory.write("resolv.conf", "nameserver 127.0.0.1\noptions ndots:1\n");
  lookups.find("other.test", [bell] { bell->ring(); });
  bell->wait_for(2);
  EXPECT_THAT(texts(*lookups.find("php.test", nullptr)), ElementsAre("10.0.0.1:0"));
  EXPECT_THAT(texts(*lookups.find("other.test", nullptr)), ElementsAre("10.0.0.2:0"));
}

TEST(Lookups, AServerThatIsNoAddressIsRefusedAtStart) {
  try {
    Lookups lookups({.servers = "not an address"});
    FAIL() << "it started";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("name servers \"not an address\""));
    EXPECT_THAT(error.what(), HasSubstr("127.0.0.1:53"));
  }
}

TEST(Lookups, NobodyAtTheServersAddressIsAProblemNotAHang) {
  std::optional<DnsServer> server(std::in_place);
  const std::string nobody = server->text();
  server.reset();
  Lookups lookups({.servers = nobody});
  auto bell = std::make_shared<Bell>();
  lookups.find("php.test", [bell] { bell->ring(); });
  bell->wait_for(1);
  const auto answer = lookups.find("php.test", nullptr);
  EXPECT_EQ(answer->state, State::failed);
  EXPECT_THAT(answer->problem, HasSubstr("no name server could be reached"));
}

TEST(Lookups, AddressesAreGivenAPort) {
  const base::Address v4{
      .transport = base::Transport::tcp, .host = "10.0.0.1", .port = 1, .path = {}};
  const base::Address v6{
      .transport = base::Transport::tcp, .host = "fd00::1", .port = 1, .path = {}};
  const auto with = with_port({*base::socket_address(v4), *base::socket_address(v6)}, 9000);
  ASSERT_EQ(with.size(), 2u);
  EXPECT_EQ(base::text(with[0]), "10.0.0.1:9000");
  EXPECT_EQ(base::text(with[1]), "[fd00::1]:9000");
}

}  // namespace
}  // namespace net
