#include "net/listen_queues.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <set>
#include <sstream>
#include <thread>

#include "net/queue_sockets.h"
#include "support/temp_dir.h"

namespace net {
namespace {

using std::nullopt;
using Options = QuietListener::Options;

class ListenQueuesTest : public testing::Test {
 protected:
  std::optional<probe::ListenQueue> watched_queue(const base::SocketAddress& listener) {
    queues_->watch(listener);
    return fresh(*queues_)->find(listener);
  }
  std::optional<probe::ListenQueue> watched_queue(const std::string& text) {
    return watched_queue(resolved(text));
  }
  // A tcp client is in the queue a moment after it is connected.
  std::optional<probe::ListenQueue> watched_queue(const base::SocketAddress& listener,
                                                  probe::ListenQueue wanted) {
    queues_->watch(listener);
    return found_in_the_end(*queues_, listener, wanted);
  }

  support::TempDir directory_;
  std::optional<ListenQueues> queues_{std::in_place};
};

TEST_F(ListenQueuesTest, ShowsLengthAndLimitOfATcpListener) {
  for (const char* where : {"127.0.0.1:0", "[::1]:0"}) {
    const QuietListener listener(resolved(where), {.backlog = 7});
    EXPECT_EQ(watched_queue(listener.address()), queue(0, 7)) << where;
    const Clients clients(listener.address(), 5);
    EXPECT_EQ(watched_queue(listener.address(), queue(5, 7)), queue(5, 7)) << where;
  }
  EXPECT_EQ(queues_->problem(), "");
}

TEST_F(ListenQueuesTest, AWildcardListenerIsFoundUnderEachLoopbackAddress) {
  const QuietListener listener(resolved("0.0.0.0:0"), {.backlog = 9});
  const auto one = at_port(resolved("127.0.0.1:0"), listener.port());
  const Clients clients(one, 2);
  EXPECT_EQ(watched_queue(one, queue(2, 9)), queue(2, 9));
  EXPECT_EQ(watched_queue(at_port(resolved("127.8.8.8:0"), listener.port())), queue(2, 9));
  EXPECT_EQ(watched_queue(listener.address()), queue(2, 9));
  EXPECT_EQ(watched_queue(at_port(resolved("[::1]:0"), listener.port())), nullopt);
  EXPECT_EQ(watched_queue(at_port(resolved("192.0.2.1:0"), listener.port())), nullopt);
}

TEST_F(ListenQueuesTest, AnIpv6WildcardListenerServesIpv4TooUnlessToldNotTo) {
  const QuietListener both(resolved("[::]:0"), {.backlog = 9});
  const QuietListener nobody(resolved("127.0.0.1:0"), {.listens = false});
  const QuietListener v6_only(at_port(resolved("[::]:0"), nobody.port()),
                              {.backlog = 8, .is_v6_only = true});
  const auto v4 = at_port(resolved("127.0.0.1:0"), both.port());
  const Clients clients(v4, 3);
  EXPECT_EQ(watched_queue(v4, queue(3, 9)), queue(3, 9));
  EXPECT_EQ(watched_queue(at_port(resolved("[::1]:0"), both.port())), queue(3, 9));
  EXPECT_EQ(watched_queue(at_port(resolved("127.0.0.1:0"), v6_only.port())), nullopt);
  EXPECT_EQ(watched_queue(at_port(resolved("[::1]:0"), v6_only.port())), queue(0, 8));
}

// Link-local addresses with their interface included.
TEST_F(ListenQueuesTest, AWildcardListenerIsFoundUnderEachAddressOfThisMachine) {
  const QuietListener listener(resolved("[::]:0"), {.backlog = 9});
  ifaddrs* first = nullptr;
  ASSERT_EQ(getifaddrs(&first), 0);
  std::vector<base::SocketAddress> all;
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    const int family = entry->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    base::SocketAddress address;
    address.size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    std::memcpy(&address.storage, entry->ifa_addr, address.size);
    all.push_back(at_port(address, listener.port()));
  }
  freeifaddrs(first);
  for (const base::SocketAddress& address : all) queues_->watch(address);
  const auto table = fresh(*queues_);
  for (const base::SocketAddress& address : all) {
    EXPECT_EQ(table->find(address), queue(0, 9)) << base::text(address);
  }
}

TEST_F(ListenQueuesTest, AMappedAddressMeansItsIpv4Listener) {
  const QuietListener listener(resolved("127.0.0.1:0"), {.backlog = 7});
  EXPECT_EQ(watched_queue(at_port(resolved("[::ffff:127.0.0.1]:0"), listener.port())), queue(0, 7));
}

TEST_F(ListenQueuesTest, SocketsThatShareAPortAddUp) {
  const QuietListener one(resolved("127.0.0.1:0"), {.backlog = 7, .shares_port = true});
  const QuietListener two(one.address(), {.backlog = 5, .shares_port = true});
  const Clients clients(one.address(), 4);
  EXPECT_EQ(watched_queue(one.address(), queue(4, 12)), queue(4, 12));
}

TEST_F(ListenQueuesTest, NothingIsFoundWhereNobodyListens) {
  const QuietListener mute(resolved("127.0.0.1:0"), {.listens = false});
  const QuietListener mute_unix(resolved("unix:" + directory_.file("mute.sock")),
                                {.listens = false});
  EXPECT_EQ(watched_queue(mute.address()), nullopt);
  EXPECT_EQ(watched_queue(mute_unix.address()), nullopt);
  EXPECT_EQ(watched_queue("unix:" + directory_.file("none.sock")), nullopt);
  EXPECT_EQ(watched_queue("unix:" + directory_.write("plain", "no socket")), nullopt);
  EXPECT_EQ(watched_queue("unix:@fastcgi_exporter.test.nobody"), nullopt);
  EXPECT_EQ(watched_queue("192.0.2.1:9000"), nullopt);
  EXPECT_EQ(queues_->problem(), "");
}

TEST_F(ListenQueuesTest, ShowsLengthAndLimitOfAUnixListener) {
  const QuietListener listener(resolved("unix:" + directory_.file("a.sock")), {.backlog = 7});
  const QuietListener other(resolved("unix:" + directory_.file("b.sock")), {.backlog = 6});
  const Clients clients(listener.address(), 5);
  EXPECT_EQ(watched_queue(listener.address()), queue(5, 7));
  EXPECT_EQ(watched_queue(other.address()), queue(0, 6));
  EXPECT_EQ(queues_->problem(), "");
}

TEST_F(ListenQueuesTest, AUnixListenerIsFoundUnderEveryPathToItsFile) {
  const QuietListener listener(resolved("unix:" + directory_.file("a.sock")), {.backlog = 7});
  std::filesystem::create_symlink("a.sock", directory_.file("link.sock"));
  std::filesystem::create_hard_link(directory_.file("a.sock"), directory_.file("hard.sock"));
  std::filesystem::rename(directory_.file("a.sock"), directory_.file("moved.sock"));
  std::filesystem::remove(directory_.file("link.sock"));
  std::filesystem::create_symlink("moved.sock", directory_.file("link.sock"));
  const Clients clients(resolved("unix:" + directory_.file("link.sock")), 2);
  for (const char* name : {"moved.sock", "link.sock", "hard.sock"}) {
    EXPECT_EQ(watched_queue("unix:" + directory_.file(name)), queue(2, 7)) << name;
  }
  EXPECT_EQ(watched_queue(listener.address()), nullopt);  // where it was bound
}

TEST_F(ListenQueuesTest, AnAbstractListenerIsFoundByItsName) {
  const std::string name = "unix:@fastcgi_exporter.test." + std::to_string(getpid());
  const QuietListener listener(resolved(name), {.backlog = 7});
  const QuietListener longer(resolved(name + "x"), {.backlog = 6});
  const QuietListener of_another_type(resolved(name), {.backlog = 5, .type = SOCK_SEQPACKET});
  const Clients clients(listener.address(), 3);
  EXPECT_EQ(watched_queue(name), queue(3, 7));
}

// A path says nothing about who is behind it: the old owner may live on, and a file its owner.
TEST_F(ListenQueuesTest, FollowsThePathToItsNewSocket) {
  const std::string path = directory_.file("a.sock");
  const auto address = resolved("unix:" + path);
  std::optional<QuietListener> old(std::in_place, address, Options{.backlog = 7});
  const Clients clients(address, 3);
  EXPECT_EQ(watched_queue(address), queue(3, 7));
  std::filesystem::remove(path);
  EXPECT_EQ(fresh(*queues_)->find(address), nullopt);
  std::optional<QuietListener> replacement(std::in_place, address, Options{.backlog = 4});
  EXPECT_EQ(fresh(*queues_)->find(address), queue(0, 4));
  old.reset();
  EXPECT_EQ(fresh(*queues_)->find(address), queue(0, 4));
  replacement.reset();
  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_EQ(fresh(*queues_)->find(address), nullopt);
}

// The columns Recv-Q and Send-Q of the line about `local` in what `ss` prints.
std::optional<probe::ListenQueue> shown_by_ss(const std::string& command, const std::string& local,
                                              int words_before) {
  FILE* pipe = popen(command.c_str(), "r");
  std::string output;
  for (int c = fgetc(pipe); c != EOF; c = fgetc(pipe)) output.push_back(static_cast<char>(c));
  pclose(pipe);
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(local) == std::string::npos) continue;
    std::istringstream words(line);
    std::string ignored;
    for (int i = 0; i < words_before; ++i) words >> ignored;
    probe::ListenQueue result;
    words >> result.length >> result.limit;
    return result;
  }
  ADD_FAILURE() << local << " is not in what \"" << command << "\" printed:\n" << output;
  return nullopt;
}

TEST_F(ListenQueuesTest, AgreesWithSs) {
  const QuietListener tcp(resolved("127.0.0.1:0"), {.backlog = 11});
  const QuietListener unix_socket(resolved("unix:" + directory_.file("a.sock")), {.backlog = 8});
  const Clients tcp_clients(tcp.address(), 5);
  const Clients unix_clients(unix_socket.address(), 5);
  EXPECT_EQ(watched_queue(tcp.address(), queue(5, 11)),
            shown_by_ss("ss -ltnH", base::text(tcp.address()) + " ", 1));
  EXPECT_EQ(watched_queue(unix_socket.address()),
            shown_by_ss("ss -lxnH", directory_.file("a.sock") + " ", 2));
}

TEST_F(ListenQueuesTest, AListenerStaysWatchedUntilAsManyUnwatchedIt) {
  const QuietListener listener(resolved("127.0.0.1:0"), {.backlog = 7});
  const auto& address = listener.address();
  EXPECT_EQ(fresh(*queues_)->find(address), nullopt);
  queues_->unwatch(address);  // of no effect
  queues_->watch(address);
  queues_->watch(address);
  queues_->unwatch(address);
  EXPECT_EQ(fresh(*queues_)->find(address), queue(0, 7));
  queues_->unwatch(address);
  EXPECT_EQ(fresh(*queues_)->find(address), nullopt);
}

TEST_F(ListenQueuesTest, SamplesWithoutBeingAsked) {
  EXPECT_EQ(queues_->table(), nullptr);
  const QuietListener listener(resolved("127.0.0.1:0"), {.backlog = 7});
  queues_->watch(listener.address());
  while (queues_->table() == nullptr) std::this_thread::yield();
  const auto first = queues_->table();
  EXPECT_EQ(first->find(listener.address()), queue(0, 7));
  while (queues_->table() == first) std::this_thread::yield();
  const base::Duration passed = queues_->table()->taken() - first->taken();
  EXPECT_GE(passed, kQueueSampleInterval);
}

TEST_F(ListenQueuesTest, OneDumpServesAllWhoAskWithinAShortTime) {
  queues_->watch(resolved("127.0.0.1:9"));
  std::shared_ptr<const QueueTable> table;
  do {  // until both came in time
    table = refreshed(*queues_);
    refreshed(*queues_);
  } while (base::Clock::now() - table->taken() >= kQueueSampleShared);
  EXPECT_EQ(queues_->table(), table);
}

// All ask before the first is answered, as workers do.
TEST_F(ListenQueuesTest, ManyWhoAskTogetherShareOneSample) {
  constexpr int kMany = 1000;
  queues_->watch(resolved("127.0.0.1:9"));
  std::vector<std::shared_ptr<const QueueTable>> tables;  // touched by the queues' thread only
  std::promise<void> done;
  queues_->refresh([&] {
    for (int i = 0; i < kMany; ++i) {
      queues_->refresh([&] {
        tables.push_back(queues_->table());
        if (tables.size() == kMany) done.set_value();
      });
    }
  });
  done.get_future().wait();
  // Two, where the time of the first sample ran out while they asked.
  EXPECT_LE(std::set(tables.begin(), tables.end()).size(), 2u);
}

TEST_F(ListenQueuesTest, ASampleThatDoesNotKnowAListenerIsNotShared) {
  const QuietListener listener(resolved("127.0.0.1:0"), {.backlog = 7});
  queues_->watch(resolved("127.0.0.1:9"));
  for (int i = 0; i < 20; ++i) {
    queues_->watch(listener.address());
    EXPECT_EQ(refreshed(*queues_)->find(listener.address()), queue(0, 7));
    queues_->unwatch(listener.address());
    EXPECT_EQ(refreshed(*queues_)->find(listener.address()), nullopt);
  }
}

TEST_F(ListenQueuesTest, EndsAtOnceAndDropsTheCallbacksThatWait) {
  queues_->watch(resolved("127.0.0.1:9"));
  auto captured = std::make_shared<int>(0);
  const std::weak_ptr<int> is_alive = captured;
  for (int i = 0; i < 100; ++i) queues_->refresh([captured] { ++*captured; });
  captured.reset();
  const base::TimePoint before = base::Clock::now();
  queues_.reset();
  EXPECT_LT(base::Clock::now() - before, std::chrono::seconds(1));
  EXPECT_TRUE(is_alive.expired());
}

TEST_F(ListenQueuesTest, ManyThreadsMayWatchAndAsk) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      const QuietListener listener(resolved("127.0.0.1:0"), {.backlog = 7});
      for (int i = 0; i < 10; ++i) {
        queues_->watch(listener.address());
        EXPECT_EQ(refreshed(*queues_)->find(listener.address()), queue(0, 7));
        queues_->unwatch(listener.address());
        EXPECT_EQ(queues_->problem(), "");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace net
