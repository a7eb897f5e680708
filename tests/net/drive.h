// Turns an event loop until an exchange has ended, as a worker does.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fastcgi/encode.h"
#include "net/event_loop.h"
#include "net/exchange.h"
#include "probe/attempt.h"

namespace net {

// Long enough that no healthy machine ever reaches it: a test that waits for it has failed.
inline constexpr std::chrono::seconds kLong{60};

inline ExchangeRequest ping_of(std::vector<base::SocketAddress> addresses) {
  const auto request =
      fastcgi::encode_request({{"SCRIPT_NAME", "/fpm-ping"}, {"REQUEST_METHOD", "GET"}});
  return {.addresses = std::make_shared<const std::vector<base::SocketAddress>>(addresses),
          .request = std::make_shared<const std::string>(*request)};
}

inline ExchangeRequest ping_of(const base::Address& address) {
  return ping_of(std::vector{base::socket_address(address).value()});
}

class Drive {
 public:
  explicit Drive(ExchangeRequest request) : exchange_(std::move(request), loop_.now()) {}

  Exchange& exchange() { return exchange_; }
  EventLoop& loop() { return loop_; }

  Exchange::Start start() {
    const Exchange::Start started = exchange_.start(loop_.now());
    EXPECT_TRUE(exchange_.wait_in(loop_, 1));
    return started;
  }

  // One turn; false when nothing happened for very long.
  [[nodiscard]] bool turn() {
    if (loop_.wait(loop_.now() + kLong).empty()) return false;
    advance();
    return true;
  }

  // Turns for as long as there is something to do at once.
  void turn_while_ready() {
    while (!exchange_.is_finished() && !loop_.wait(loop_.now()).empty()) {
      advance();
    }
  }

  probe::Attempt finish() {
    while (!exchange_.is_finished() && turn()) {
    }
    EXPECT_TRUE(exchange_.is_finished()) << "nothing happened for very long";
    EXPECT_EQ(exchange_.fd(), -1);
    return exchange_.is_finished() ? exchange_.take_attempt() : exchange_.timed_out(loop_.now());
  }

  probe::Attempt run() {
    start();
    return finish();
  }

 private:
  void advance() {
    exchange_.advance(loop_.now());
    EXPECT_TRUE(exchange_.wait_in(loop_, 1));
  }

  EventLoop loop_;
  Exchange exchange_;
};

}  // namespace net
