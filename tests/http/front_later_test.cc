// Answers from the pool and from whoever holds the reply; and the end of the front.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "running_front.h"
#include "support/temp_dir.h"

namespace http {
namespace {

TEST(PoolAnswers, BlockNobodyElse) {
  RunningFront front;
  std::vector<Client> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.push_back(front.client());
    waiting.back().get("/gated");
  }
  wait_until([&] { return front.world().gate.waiting() == 2; });  // both threads are taken
  EXPECT_EQ(front.ask("/health").status, 200);
  for (Client& client : waiting) EXPECT_FALSE(client.has_something());
  front.world().gate.open();
  for (Client& client : waiting) EXPECT_EQ(client.response().body, "gated\n");
}

TEST(PoolAnswers, ThatWouldQueueTooLongAreRefused) {
  FrontOptions options;
  options.page_threads = 1;
  options.page_queue = 1;
  RunningFront front(options);
  Client first = front.client();
  first.get("/gated");
  wait_until([&] { return front.world().gate.waiting() == 1; });
  // One of these takes the place in the queue; which one is up to the kernel.
  Client second = front.client();
  second.get("/gated");
  wait_until([&] {
    const Response response = front.ask("/page");
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.header("Retry-After"), "1");
    return response.status == 503;
  });
  EXPECT_EQ(front.ask("/health").status, 200);
  front.world().gate.open();
  EXPECT_EQ(first.response().status, 200);
  EXPECT_EQ(second.response().status, 200);
}

TEST(LimitedRoutes, RefuseWhatIsBeyondTheirPlacesAndFreeThemAgain) {
  RunningFront front;
  Client first = front.client();
  first.get("/one-at-once");
  wait_until([&] { return front.world().gate.waiting() == 1; });
  Client second = front.client();
  second.get("/one-at-once");
  const Response refused = second.response();  // the gate is closed: the first one still waits
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("Retry-After"), "1");
  EXPECT_EQ(front.ask("/health").status, 200);
  front.world().gate.open();
  EXPECT_EQ(first.response().status, 200);
  second.get("/one-at-once");
  EXPECT_EQ(second.response().status, 200);
}

TEST(LimitedRoutes, GetTheirPlaceBackFromAClientThatWent) {
  RunningFront front;
  {
    Client gone = front.client();
    gone.get("/one-at-once");
    wait_until([&] { return front.world().gate.waiting() == 1; });
  }
  front.world().gate.open();
  wait_until([&] { return front.ask("/one-at-once").status == 200; });
  EXPECT_EQ(front.ask("/one-at-once").status, 200);
}

TEST(ParkedAnswers, ComeFromAnyThread) {
  RunningFront front;
  std::vector<Client> clients;
  std::vector<std::thread> repliers;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(front.client());
    clients.back().get("/parked");
    repliers.emplace_back([reply = front.world().replies.take(), i] {
      reply(text_answer(200, "answer " + std::to_string(i)));
    });
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    EXPECT_EQ(clients[i].response().body, "answer " + std::to_string(i));
  }
  for (std::thread& replier : repliers) replier.join();
}

TEST(ParkedAnswers, ToAClientThatWentGoNowhere) {
  RunningFront front;
  Client gone = front.client();
  gone.get("/parked");
  const Reply reply = front.world().replies.take();
  gone.reset();
  front.wait_for_connections(0);
  Client next = front.client();
  next.get("/parked");
  reply(text_answer(200, "for the one before"));
  front.world().replies.take()(text_answer(200, "for this one"));
  EXPECT_EQ(next.response().body, "for this one");
}

TEST(ParkedAnswers, GivenTwiceCountOnce) {
  RunningFront front;
  Client client = front.client();
  client.get("/parked");
  const Reply first = front.world().replies.take();
  first(text_answer(200, "first"));
  EXPECT_EQ(client.response().body, "first");
  client.get("/parked");
  const Reply second = front.world().replies.take();
  first(text_answer(200, "first again"));
  second(text_answer(200, "second"));
  EXPECT_EQ(client.response().body, "second");
}

TEST(ParkedAnswers, ThatNobodyGivesAreFailures) {
  RunningFront front;
  Client client = front.client();
  client.get("/parked");
  front.world().replies.take() = nullptr;
  EXPECT_EQ(client.response().status, 500);
  client.get("/health");
  EXPECT_EQ(client.response().status, 200);
}

TEST(ParkedAnswers, AreLimitedInNumber) {
  FrontOptions options;
  options.max_parked = 2;
  RunningFront front(options);
  std::vector<Client> clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(front.client());
    clients.back().get("/parked");
  }
  wait_until([&] { return front.world().replies.size() == 2; });
  EXPECT_EQ(front.ask("/parked").status, 503);
  // Those whose client has gone count until they are answered: their work goes on.
  clients.pop_back();
  EXPECT_EQ(front.ask("/parked").status, 503);
  front.world().replies.take()(text_answer(200, "done"));
  EXPECT_EQ(clients.front().response().status, 200);
  clients.push_back(front.client());
  clients.back().get("/parked");
  wait_until([&] { return front.world().replies.size() == 2; });
}

TEST(ParkedAnswers, MayComeAfterTheFrontIsGone) {
  RunningFront front;
  Client client = front.client();
  client.get("/parked");
  const Reply reply = front.world().replies.take();
  front.destroy();
  EXPECT_TRUE(client.is_closed());
  reply(text_answer(200, "too late"));
}

TEST(Stop, ClosesIdleClientsAndTheListener) {
  RunningFront front;
  Client idle = front.client();
  Client partial = front.client();
  partial.send("GET /hea");
  front.wait_for_connections(2);
  const base::Address address = front.address();
  front.stop();
  EXPECT_TRUE(idle.is_closed());
  EXPECT_TRUE(partial.is_closed());
  EXPECT_THROW(Client{address}, std::system_error);
  EXPECT_EQ(front.front().connections(), 0);
}

TEST(Stop, LetsAnswersInFlightFinish) {
  RunningFront front;
  Client parked = front.client();
  parked.get("/parked");
  Client gated = front.client();
  gated.get("/gated");
  const Reply reply = front.world().replies.take();
  wait_until([&] { return front.world().gate.waiting() == 1; });
  Client idle = front.client();
  front.wait_for_connections(3);
  front.front().stop();
  EXPECT_TRUE(idle.is_closed());  // the front is stopping now
  reply(text_answer(200, "parked"));
  front.world().gate.open();
  const Response response = parked.response();
  EXPECT_EQ(response.body, "parked");
  EXPECT_EQ(response.header("Connection"), "close");
  EXPECT_EQ(gated.response().body, "gated\n");
  EXPECT_TRUE(parked.is_closed());
}

TEST(Stop, WaitsForNoSlowClient) {
  RunningFront front;
  Client slow = front.client({.receive_buffer_bytes = 4096});
  slow.get("/big");
  EXPECT_GT(slow.read_some(10), 0U);
  Client parked = front.client();
  parked.get("/parked");
  const Reply never = front.world().replies.take();
  front.stop();  // returns
  EXPECT_LT(slow.rest().size(), std::size_t{20} << 20);
  EXPECT_TRUE(parked.is_closed());
}

TEST(Stop, WorksBeforeRun) {
  Front front({.listen = {loopback()}}, {});
  front.stop();
  front.run();
  EXPECT_EQ(front.connections(), 0);
}

TEST(Stop, RemovesTheSocketFile) {
  const support::TempDir directory;
  const std::string path = directory.file("front.sock");
  FrontOptions options;
  options.listen = {
      {.transport = base::Transport::unix_socket, .host = {}, .port = 0, .path = path}};
  RunningFront front(options);
  EXPECT_TRUE(std::filesystem::exists(path));
  front.stop();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Stop, MayComeWhileClientsKeepAsking) {
  RunningFront front;
  std::vector<std::thread> askers;
  for (int i = 0; i < 4; ++i) {
    askers.emplace_back([address = front.address()] {
      try {
        for (;;) {
          Client client(address);
          client.get("/page");
          if (client.response().status == 0) return;
        }
      } catch (const std::system_error&) {
        return;  // nobody listens any more
      }
    });
  }
  wait_until([&] { return front.front().requests_by_code()[200] > 50; });
  front.destroy();
  for (std::thread& asker : askers) asker.join();
}

}  // namespace
}  // namespace http
