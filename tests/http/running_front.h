// A Front that runs on a thread of its own, with routes that show each way to answer.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <deque>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/mutex.h"
#include "base/time.h"
#include "http/front.h"
#include "raw_client.h"

namespace http {

// Until `reached`; fails the test when that takes longer than any healthy machine needs.
inline void wait_until(const std::function<bool()>& reached) {
  const auto limit = base::Clock::now() + std::chrono::seconds(60);
  while (!reached()) {
    if (base::Clock::now() > limit) {
      ADD_FAILURE() << "the awaited state was not reached";
      return;
    }
    poll(nullptr, 0, 1);  // lets the other threads work
  }
}

// Closed until opened: what stands before it waits.
class Gate {
 public:
  void open() {
    base::MutexLock lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void pass() {
    base::MutexLock lock(mutex_);
    ++waiting_;
    while (!open_) changed_.wait(mutex_);
    --waiting_;
  }
  int waiting() {
    base::MutexLock lock(mutex_);
    return waiting_;
  }

 private:
  base::Mutex mutex_;
  base::Condition changed_;
  bool open_ GUARDED_BY(mutex_) = false;
  int waiting_ GUARDED_BY(mutex_) = 0;
};

// The replies of /parked, for the test to give or to drop.
class Replies {
 public:
  void put(Reply reply) {
    base::MutexLock lock(mutex_);
    replies_.push_back(std::move(reply));
  }
  Reply take() {
    wait_until([this] { return size() > 0; });
    base::MutexLock lock(mutex_);
    Reply reply = std::move(replies_.front());
    replies_.pop_front();
    return reply;
  }
  std::size_t size() {
    base::MutexLock lock(mutex_);
    return replies_.size();
  }

 private:
  base::Mutex mutex_;
  std::deque<Reply> replies_ GUARDED_BY(mutex_);
};

inline Route route(std::string path, Cost cost, std::function<Answer(const Request&)> answer) {
  Route result;
  result.path = std::move(path);
  result.cost = cost;
  result.answer = std::move(answer);
  return result;
}

// What the routes share with the test.
struct World {
  Gate gate;        // of /gated, which the pool answers
  Replies replies;  // of /parked
  base::SharedChunks big = std::make_shared<const base::Chunks>(
      base::Chunks(20, std::string(std::size_t{1} << 20, 'x')));  // of /big
};

// /health inline; /echo[/NAME] says what it was asked; /page, /gated, /one-at-once, /big and
// /own-big in the pool; /parked; /throws, /throws-later, /throws-in-pool; POST /reload.
inline std::vector<Route> test_routes(const std::shared_ptr<World>& world) {
  std::vector<Route> routes;
  routes.push_back(route("/health", Cost::inline_answer,
                         [](const Request&) { return text_answer(200, "ok\n"); }));
  routes.push_back(route("/echo", Cost::inline_answer, [](const Request& request) {
    return text_answer(200, request.name + "|" + request.query + "|" + request.accept + "|" +
                                request.authorization + "|" + request.peer);
  }));
  routes.back().takes_name = true;
  routes.push_back(
      route("/page", Cost::pool, [](const Request&) { return text_answer(200, "page\n"); }));
  routes.push_back(route("/gated", Cost::pool, [world](const Request&) {
    world->gate.pass();
    return text_answer(200, "gated\n");
  }));
  routes.push_back(route("/one-at-once", Cost::pool, [world](const Request&) {
    world->gate.pass();
    return text_answer(200, "one\n");
  }));
  routes.back().max_at_once = 1;
  routes.push_back(route("/big", Cost::pool, [world](const Request&) {
    Answer answer;
    answer.body = world->big;
    return answer;
  }));
  routes.push_back(route("/own-big", Cost::pool, [](const Request&) {
    return text_answer(200, std::string(std::size_t{8} << 20, 'y'));
  }));
  const auto fail = [](const Request&) -> Answer { throw std::runtime_error("SECRET"); };
  routes.push_back(route("/throws", Cost::inline_answer, fail));
  routes.push_back(route("/throws-in-pool", Cost::pool, fail));
  routes.push_back(route("/throws-odd", Cost::pool, [](const Request&) -> Answer { throw 7; }));
  Route parked = route("/parked", Cost::parked, nullptr);
  parked.answer_later = [world](const Request&, Reply reply) {
    world->replies.put(std::move(reply));
  };
  routes.push_back(parked);
  parked.path = "/throws-later";
  parked.answer_later = [](const Request&, const Reply&) { throw std::runtime_error("SECRET"); };
  routes.push_back(parked);
  parked.path = "/at-once";
  parked.answer_later = [](const Request&, const Reply& reply) {
    reply(text_answer(200, "first"));
    reply(text_answer(200, "second"));
  };
  routes.push_back(parked);
  routes.push_back(route("/reload", Cost::inline_answer, [](const Request& request) {
    return text_answer(200, "got " + request.body);
  }));
  routes.back().get = false;
  routes.back().post = true;
  return routes;
}

inline base::Address loopback() {
  return {.transport = base::Transport::tcp, .host = "127.0.0.1", .port = 0, .path = {}};
}

class RunningFront {
 public:
  explicit RunningFront(FrontOptions options = {}) {
    if (options.listen.empty()) options.listen = {loopback()};
    front_ = std::make_unique<Front>(std::move(options), test_routes(world_));
    thread_ = std::thread([this] { front_->run(); });
  }
  ~RunningFront() {
    world_->gate.open();
    stop();
  }
  RunningFront(const RunningFront&) = delete;
  RunningFront& operator=(const RunningFront&) = delete;

  void stop() {
    if (!front_) return;
    front_->stop();
    if (thread_.joinable()) thread_.join();
  }
  void destroy() {
    stop();
    front_.reset();
  }

  World& world() { return *world_; }
  const Front& front() const { return *front_; }
  Front& front() { return *front_; }
  const base::Address& address() const { return front_->bound().front(); }
  Client client(ClientOptions options = {}) const { return Client(address(), options); }

  // The answer to one request on a connection of its own.
  Response ask(std::string_view path) const {
    Client client = this->client();
    client.get(path, "Connection: close\r\n");
    return client.response();
  }
  void wait_for_connections(std::int64_t count) const {
    wait_until([&] { return front_->connections() == count; });
  }

 private:
  std::shared_ptr<World> world_ = std::make_shared<World>();
  std::unique_ptr<Front> front_;
  std::thread thread_;
};

}  // namespace http
