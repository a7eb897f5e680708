// Limits: connections, deadlines, bytes, descriptors. What waits is always the test, for an event.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>
#include <string>
#include <vector>

#include "running_front.h"

namespace http {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMany = 2000;
constexpr base::Duration kNever = std::chrono::hours(1);

FrontOptions patient() {
  FrontOptions options;
  options.head_deadline = kNever;
  options.idle_deadline = kNever;
  options.send_deadline = kNever;
  return options;
}

// Whose health answers wait for nobody: all of these are in the same loop.
void expect_served_beside(RunningFront& front, std::size_t held) {
  front.wait_for_connections(static_cast<std::int64_t>(held));
  Client kept = front.client();
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(front.ask("/health").body, "ok\n");
    kept.get("/health");
    ASSERT_EQ(kept.response().body, "ok\n");
  }
  kept.close();
  front.wait_for_connections(static_cast<std::int64_t>(held));
  EXPECT_EQ(front.front().evicted(), 0U);
}

class ManyClients : public testing::Test {
 protected:
  // Both ends of each connection are descriptors of this process.
  void SetUp() override {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    ASSERT_GT(limit.rlim_cur, 2 * kMany + 100) << "raise the hard limit of descriptors (ulimit -n)";
  }
};

TEST_F(ManyClients, ThatSayNothingDelayNobody) {
  RunningFront front(patient());
  std::vector<Client> idle;
  for (std::size_t i = 0; i < kMany; ++i) idle.push_back(front.client());
  expect_served_beside(front, kMany);
}

TEST_F(ManyClients, ThatSendTheirHeadSlowlyDelayNobody) {
  RunningFront front(patient());
  std::vector<Client> slow;
  for (std::size_t i = 0; i < kMany; ++i) {
    slow.push_back(front.client());
    slow.back().send("GET /health HT");
  }
  expect_served_beside(front, kMany);
  for (Client& client : slow) client.send("T");  // one byte more is no complete request either
  expect_served_beside(front, kMany);
}

TEST_F(ManyClients, ThatReadSlowlyDelayNobodyAndShareOnePage) {
  RunningFront front(patient());
  std::ifstream statm("/proc/self/statm");
  std::vector<Client> slow;
  for (std::size_t i = 0; i < kMany; ++i) {
    slow.push_back(front.client({.receive_buffer_bytes = 4096}));
    slow.back().get("/big");
    ASSERT_GT(slow.back().read_some(10), 0U);
  }
  // 2,000 times 20 MiB are being sent, and there is one page.
  EXPECT_EQ(front.world().big.use_count(), 1 + static_cast<long>(kMany));
  expect_served_beside(front, kMany);
  slow.clear();
  front.wait_for_connections(0);
  EXPECT_EQ(front.world().big.use_count(), 1);
}

TEST_F(ManyClients, ThatHaveAskedBeforeAndStayDelayNobody) {
  RunningFront front(patient());
  std::vector<Client> kept;
  for (std::size_t i = 0; i < kMany; ++i) {
    kept.push_back(front.client());
    kept.back().get("/health");
    ASSERT_EQ(kept.back().response().status, 200);
  }
  expect_served_beside(front, kMany);
}

FrontOptions small(std::size_t max, std::size_t reserved) {
  FrontOptions options = patient();
  options.max_connections = max;
  options.reserved_connections = reserved;
  return options;
}

std::vector<Client> idle_clients(const RunningFront& front, std::size_t count) {
  std::vector<Client> clients;
  for (std::size_t i = 1; i <= count; ++i) {
    clients.push_back(front.client());
    front.wait_for_connections(static_cast<std::int64_t>(i));  // so that their order is known
  }
  return clients;
}

TEST(Places, OfTheReserveServeCompleteRequestsAndEvictNobody) {
  RunningFront front(small(8, 2));
  std::vector<Client> idle = idle_clients(front, 6);
  for (int i = 0; i < 20; ++i) {
    Client client = front.client();
    client.get("/health");
    const Response response = client.response();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.header("Connection"), "close");  // the place is for the next
    EXPECT_TRUE(client.is_closed());
  }
  EXPECT_EQ(front.front().evicted(), 0U);
  for (Client& client : idle) {
    client.get("/health");
    EXPECT_EQ(client.response().status, 200);
  }
}

TEST(Places, OfTheReserveAreNotForIncompleteRequests) {
  RunningFront front(small(8, 2));
  std::vector<Client> idle = idle_clients(front, 6);
  Client slow = front.client();
  slow.send("GET /health");
  EXPECT_TRUE(idle.front().is_closed());  // it has been idle for longest
  EXPECT_EQ(front.front().evicted(), 1U);
  slow.send(" HTTP/1.1\r\nHost: t\r\n\r\n");
  const Response response = slow.response();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("Connection"), "");  // it has an ordinary place now
}

TEST(Places, OfTheReserveAreNotForThoseWhoSayNothing) {
  RunningFront front(small(8, 2));
  std::vector<Client> idle = idle_clients(front, 6);
  Client silent = front.client();
  EXPECT_TRUE(idle.front().is_closed());
  silent.get("/health");
  EXPECT_EQ(silent.response().status, 200);
}

TEST(Places, WhenAllAreTakenTheLongestIdleGoes) {
  RunningFront front(small(8, 2));
  std::vector<Client> idle = idle_clients(front, 8);
  idle[0].get("/health");  // the first has asked since: the second is the longest idle
  EXPECT_EQ(idle[0].response().status, 200);
  EXPECT_EQ(front.ask("/health").status, 200);
  EXPECT_TRUE(idle[1].is_closed());
  EXPECT_EQ(front.front().evicted(), 1U);
}

TEST(Places, AFloodOfIdleClientsKeepsNobodyOut) {
  RunningFront front(small(16, 4));
  std::vector<Client> flood;
  for (int i = 0; i < 300; ++i) {
    flood.push_back(front.client());
    if (i % 10 == 0) {
      ASSERT_EQ(front.ask("/health").status, 200) << i;
    }
  }
  EXPECT_LE(front.front().connections(), 16);
  EXPECT_GT(front.front().evicted(), 250U);
}

TEST(Places, WithoutIncompleteOnesTheSlowestReaderGoes) {
  RunningFront front(small(4, 0));
  std::vector<Client> readers;
  for (std::size_t i = 0; i < 4; ++i) {
    readers.push_back(front.client({.receive_buffer_bytes = 4096}));
    readers.back().get("/big", "Connection: close\r\n");
    // The third takes a few bytes, the others a megabyte.
    std::size_t taken = 0;
    while (taken < (i == 2 ? 100U : 1U << 20)) taken += readers.back().read_some(100'000);
  }
  EXPECT_EQ(front.ask("/health").status, 200);
  EXPECT_LT(readers[2].rest().size(), std::size_t{1} << 20);
  EXPECT_EQ(front.front().evicted(), 1U);
  EXPECT_GT(readers[0].rest().size(), std::size_t{18} << 20);
}

TEST(Places, AnAnswerBeingMadeIsNeverLost) {
  RunningFront front(small(2, 0));
  Client first = front.client();
  first.get("/parked");
  Client second = front.client();
  second.get("/parked");
  wait_until([&] { return front.world().replies.size() == 2; });
  Client third = front.client();
  EXPECT_TRUE(third.is_closed());
  front.world().replies.take()(text_answer(200, "one"));
  front.world().replies.take()(text_answer(200, "two"));
  EXPECT_EQ(first.response().body, "one");
  EXPECT_EQ(second.response().body, "two");
}

TEST(Deadlines, EndAHeadThatDoesNotComeWhole) {
  FrontOptions options = patient();
  options.head_deadline = milliseconds(100);
  RunningFront front(options);
  Client partial = front.client();
  partial.send("GET /health HTTP/1.1\r\n");
  EXPECT_EQ(partial.response().status, 408);
  EXPECT_TRUE(partial.is_closed());
  Client without_body = front.client();
  without_body.send("POST /reload HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhel");
  EXPECT_EQ(without_body.response().status, 408);
  Client silent = front.client();
  EXPECT_TRUE(silent.is_closed());
}

TEST(Deadlines, EndAHeadThatComesAByteAtATime) {
  FrontOptions options = patient();
  options.head_deadline = milliseconds(200);
  RunningFront front(options);
  Client client = front.client();
  client.send("GET /health HTTP/1.1\r\nX: ");
  // Each byte would renew a deadline of a read.
  wait_until([&] {
    client.send("a");
    return client.has_something();
  });
  EXPECT_EQ(client.response().status, 408);
}

TEST(Deadlines, EndAKeptConnectionThatIsIdle) {
  FrontOptions options = patient();
  options.idle_deadline = milliseconds(50);
  RunningFront front(options);
  Client client = front.client();
  client.get("/health");
  EXPECT_EQ(client.response().status, 200);
  EXPECT_TRUE(client.is_closed());
}

TEST(Deadlines, OfAHeadEndNoConnectionThatHasAskedSince) {
  FrontOptions options = patient();
  options.head_deadline = std::chrono::seconds(1);
  RunningFront front(options);
  Client client = front.client();
  client.get("/health");
  EXPECT_EQ(client.response().status, 200);
  Client witness = front.client();  // comes later, so its deadline is later too
  EXPECT_TRUE(witness.is_closed());
  client.get("/health");
  EXPECT_EQ(client.response().status, 200);
  client.send("GET /health HTTP/1.1\r\n");  // the timer is that of the idle deadline by now
  EXPECT_EQ(client.response().status, 408);
}

// The timer of the first wait comes too early for the second, and is set again.
TEST(Deadlines, EndAKeptConnectionThatIsIdleForLongerThanAHeadMayTake) {
  FrontOptions options = patient();
  options.head_deadline = std::chrono::seconds(1);
  options.idle_deadline = milliseconds(1500);
  RunningFront front(options);
  Client client = front.client();
  client.get("/health");
  EXPECT_EQ(client.response().status, 200);
  EXPECT_TRUE(client.is_closed());
}

TEST(Deadlines, EndAnAnswerThatNobodyReads) {
  FrontOptions options = patient();
  options.send_deadline = milliseconds(100);
  RunningFront front(options);
  Client client = front.client({.receive_buffer_bytes = 4096});
  client.get("/big");
  front.wait_for_connections(1);
  front.wait_for_connections(0);
  EXPECT_LT(client.rest().size(), std::size_t{20} << 20);
}

TEST(Deadlines, NeverEndAnAnswerThatIsBeingMade) {
  FrontOptions options = patient();
  options.head_deadline = std::chrono::seconds(1);
  options.idle_deadline = milliseconds(50);
  RunningFront front(options);
  Client parked = front.client();
  parked.get("/parked");
  const Reply reply = front.world().replies.take();
  Client witness = front.client();  // comes later, so its deadline is later too
  EXPECT_TRUE(witness.is_closed());
  reply(text_answer(200, "late"));
  EXPECT_EQ(parked.response().body, "late");
}

TEST(Bytes, InFlightAreLimitedAndSmallAnswersAreNot) {
  FrontOptions options = patient();
  options.max_response_bytes_in_flight = std::size_t{10} << 20;
  RunningFront front(options);
  Client slow = front.client({.receive_buffer_bytes = 4096});
  slow.get("/own-big");
  EXPECT_GT(slow.read_some(10), 0U);
  const Response refused = front.ask("/own-big");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("Retry-After"), "1");
  EXPECT_EQ(front.ask("/health").status, 200);
  slow.close();
  front.wait_for_connections(0);
  EXPECT_EQ(front.ask("/own-big").status, 200);
}

// All descriptors but `left` are taken while this lives.
class FewDescriptors {
 public:
  explicit FewDescriptors(std::size_t left) {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit low = before_;
    low.rlim_cur = 256;
    setrlimit(RLIMIT_NOFILE, &low);
    for (int fd = 0; fd >= 0;) {
      fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
      if (fd >= 0) taken_.emplace_back(fd);
    }
    for (std::size_t i = 0; i < left; ++i) give_one_back();
  }
  ~FewDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

  void give_one_back() { taken_.pop_back(); }

 private:
  rlimit before_{};
  std::vector<base::UniqueFd> taken_;
};

TEST(Descriptors, OfIdleClientsServeNewOnes) {
  RunningFront front(patient());
  Client idle = front.client();
  front.wait_for_connections(1);
  const FewDescriptors few(1);  // the new client's own
  EXPECT_EQ(front.ask("/health").status, 200);
  EXPECT_TRUE(idle.is_closed());
  EXPECT_EQ(front.front().evicted(), 1U);
}

TEST(Descriptors, ThatAreMissingStopNobodyForLong) {
  RunningFront front(patient());
  Client working = front.client();
  working.get("/parked");
  const Reply reply = front.world().replies.take();  // so that nobody can be evicted
  FewDescriptors few(1);
  Client waiting = front.client();
  waiting.get("/health");
  const base::TimePoint before = base::Clock::now();
  wait_until([&] { return front.front().last_turn() > before; });
  reply(text_answer(200, "works"));
  EXPECT_EQ(working.response().body, "works");
  few.give_one_back();
  EXPECT_EQ(waiting.response().status, 200);
}

}  // namespace
}  // namespace http
