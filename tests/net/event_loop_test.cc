#include "net/event_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;

// Long enough that no healthy machine ever reaches it: a test that waits for it has failed.
constexpr seconds kLong{60};

struct SocketPair {
  base::UniqueFd ours, theirs;

  SocketPair() {
    std::array<int, 2> fds{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()), 0);
    ours = base::UniqueFd(fds[0]);
    theirs = base::UniqueFd(fds[1]);
  }
  void peer_sends(const std::string& text) const {
    EXPECT_EQ(write(theirs.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
};

std::string described(std::span<const Ready> ready) {
  std::string text;
  for (const Ready& each : ready) {
    text +=
        std::to_string(each.key) + (each.readable ? "r" : "") + (each.writable ? "w" : "") + " ";
  }
  return text;
}

base::Duration cpu_time_of_this_thread() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         std::chrono::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

class EventLoopTest : public testing::Test {
 protected:
  std::string ready_now() { return described(loop_.wait(base::Clock::now())); }

  EventLoop loop_;
  SocketPair pair_;
};

TEST_F(EventLoopTest, TellsTheKeyOfAReadableSocketUntilItIsRead) {
  ASSERT_TRUE(loop_.watch(pair_.ours.get(), 7, Interest::read));
  EXPECT_EQ(ready_now(), "");
  pair_.peer_sends("x");
  EXPECT_EQ(described(loop_.wait(std::nullopt)), "7r ");
  EXPECT_EQ(ready_now(), "7r ");
  char byte = 0;
  ASSERT_EQ(read(pair_.ours.get(), &byte, 1), 1);
  EXPECT_EQ(ready_now(), "");
}

TEST_F(EventLoopTest, WaitsForWhatItWasToldLast) {
  ASSERT_TRUE(loop_.watch(pair_.ours.get(), 7, Interest::write));
  EXPECT_EQ(ready_now(), "7w ");
  loop_.change(pair_.ours.get(), 8, Interest::read);
  EXPECT_EQ(ready_now(), "");
  pair_.peer_sends("x");
  EXPECT_EQ(ready_now(), "8r ");
  loop_.change(pair_.ours.get(), 8, Interest::read_write);
  EXPECT_EQ(ready_now(), "8rw ");
  loop_.forget(pair_.ours.get());
  EXPECT_EQ(ready_now(), "");
}

TEST_F(EventLoopTest, AHangUpIsReadableAndWritableSoThatTheOwnerReadsFirst) {
  ASSERT_TRUE(loop_.watch(pair_.ours.get(), 7, Interest::write));
  pair_.theirs.reset();
  EXPECT_EQ(described(loop_.wait(std::nullopt)), "7rw ");
}

TEST_F(EventLoopTest, WithoutInterestAHangUpIsToldOnceAndBytesNever) {
  ASSERT_TRUE(loop_.watch(pair_.ours.get(), 7, Interest::none));
  pair_.peer_sends("x");
  EXPECT_EQ(ready_now(), "");
  pair_.theirs.reset();
  EXPECT_EQ(described(loop_.wait(std::nullopt)), "7rw ");
  EXPECT_EQ(ready_now(), "");
}

TEST_F(EventLoopTest, ClosingADescriptorForgetsIt) {
  ASSERT_TRUE(loop_.watch(pair_.ours.get(), 7, Interest::read_write));
  pair_.ours.reset();
  EXPECT_EQ(ready_now(), "");
}

TEST_F(EventLoopTest, SaysSoWhenTheKernelRefuses) {
  EXPECT_FALSE(loop_.watch(-1, 7, Interest::read));
  EXPECT_EQ(errno, EBADF);
}

TEST_F(EventLoopTest, ManyReadySocketsComeOverSeveralTurnsAndNoneIsStarved) {
  std::vector<SocketPair> pairs(400);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    ASSERT_TRUE(loop_.watch(pairs[i].ours.get(), i, Interest::write));
  }
  std::vector<bool> seen(pairs.size());
  for (int turn = 0; turn < 10; ++turn) {
    for (const Ready& ready : loop_.wait(base::Clock::now())) seen.at(ready.key) = true;
  }
  EXPECT_THAT(seen, testing::Each(true));
}

TEST_F(EventLoopTest, SleepsUntilTheTimeGivenAndNeverWakesEarly) {
  for (int i = 0; i < 20; ++i) {
    const base::TimePoint until = base::Clock::now() + std::chrono::microseconds(1'300);
    EXPECT_EQ(described(loop_.wait(until)), "");
    EXPECT_GE(loop_.now(), until);
  }
}

TEST_F(EventLoopTest, IsLateByLessThanAMillisecond) {
  // The best of many: on a busy machine single ones may well be later.
  base::Duration best = kLong;
  for (int i = 0; i < 200 && best > milliseconds(1); ++i) {
    const base::TimePoint until = base::Clock::now() + std::chrono::microseconds(10'100);
    loop_.wait(until);
    best = std::min(best, loop_.now() - until);
  }
  EXPECT_LT(best, milliseconds(1));
}

TEST_F(EventLoopTest, SleepingCostsNoCpu) {
  const base::Duration before = cpu_time_of_this_thread();
  loop_.wait(base::Clock::now() + milliseconds(200));
  EXPECT_LT(cpu_time_of_this_thread() - before, milliseconds(100));
}

TEST_F(EventLoopTest, ATimeLongPastDoesNotSleep) {
  loop_.wait(base::TimePoint::min());
  EXPECT_EQ(described(loop_.wait(base::TimePoint{})), "");
}

TEST_F(EventLoopTest, AWakeUpFromAnotherThreadEndsTheWait) {
  std::thread other([this] { loop_.wake(); });
  EXPECT_EQ(described(loop_.wait(std::nullopt)), "");
  other.join();
}

TEST_F(EventLoopTest, AWakeUpBeforeTheWaitIsNotLostAndCountsOnce) {
  loop_.wake();
  loop_.wake();
  loop_.wait(std::nullopt);
  const base::TimePoint until = base::Clock::now() + milliseconds(5);
  loop_.wait(until);
  EXPECT_GE(loop_.now(), until);
}

TEST_F(EventLoopTest, RunsPostedWorkInOrderOnTheOwnersThread) {
  constexpr int kCount = 1'000;
  const std::thread::id owner = std::this_thread::get_id();
  std::vector<int> order;
  std::thread other([&] {
    for (int i = 0; i < kCount; ++i) {
      loop_.post([&order, i, owner] {
        EXPECT_EQ(std::this_thread::get_id(), owner);
        order.push_back(i);
      });
    }
  });
  while (order.size() < kCount) {
    loop_.wait(std::nullopt);
    loop_.run_posted();
  }
  other.join();
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST_F(EventLoopTest, WorkPostedByPostedWorkRunsInTheNextTurn) {
  std::vector<std::string> log;
  loop_.post([&] {
    log.push_back("first");
    loop_.post([&] { log.push_back("second"); });
  });
  loop_.wait(std::nullopt);
  loop_.run_posted();
  EXPECT_THAT(log, ElementsAre("first"));
  loop_.wait(std::nullopt);
  loop_.run_posted();
  EXPECT_THAT(log, ElementsAre("first", "second"));
}

std::atomic<int> signals_caught{0};

TEST_F(EventLoopTest, ASignalNeitherEndsNorShortensTheWait) {
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) { ++signals_caught; };
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  const pthread_t owner = pthread_self();
  std::atomic<bool> done{false};
  std::thread other([&] {
    while (!done) {
      pthread_kill(owner, SIGUSR1);
      std::this_thread::yield();
    }
  });
  const base::TimePoint until = base::Clock::now() + milliseconds(100);
  loop_.wait(until);
  EXPECT_GE(loop_.now(), until);
  EXPECT_GT(signals_caught, 0);
  done = true;
  other.join();
  ASSERT_EQ(sigaction(SIGUSR1, &before, nullptr), 0);
}

}  // namespace
}  // namespace net
