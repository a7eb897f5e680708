// Attempts as an exchange would fill them, for the tests of the judge.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/address.h"
#include "probe/attempt.h"
#include "probe/check.h"

namespace probe {

using namespace std::chrono_literals;

inline base::SocketAddress socket_address_of(std::string_view text) {
  return *base::socket_address(*base::parse_address(text));
}

inline const Check& ping() {
  static const auto check = make_check(CheckSettings{});
  return **check;
}

inline Attempt answered(int status, std::string body) {
  Attempt attempt;
  attempt.progress = fastcgi::Progress::complete;
  attempt.reached = Phase::receive;
  attempt.address = socket_address_of("10.0.0.7:9000");
  attempt.elapsed = 2ms;
  attempt.bytes_received = 200;
  attempt.response.status = status;
  attempt.response.body = std::move(body);
  return attempt;
}

inline Attempt ended_with(fastcgi::ProtocolStatus protocol_status) {
  Attempt attempt = answered(200, "pong");
  attempt.response.protocol_status = protocol_status;
  return attempt;
}

inline Attempt exit_status(std::uint32_t app_status) {
  Attempt attempt = answered(200, "pong");
  attempt.response.app_status = app_status;
  return attempt;
}

inline Attempt connect_failed(int error_number) {
  Attempt attempt;
  attempt.end = End::connect_failed;
  attempt.reached = Phase::connect;
  attempt.error_number = error_number;
  attempt.address = socket_address_of("/run/php/www.sock");
  return attempt;
}

inline Attempt timed_out(Phase reached, std::uint64_t bytes_received = 0) {
  Attempt attempt;
  attempt.end = End::timed_out;
  attempt.reached = reached;
  attempt.address = socket_address_of("10.0.0.7:9000");
  attempt.elapsed = 2s;
  attempt.phases[static_cast<std::size_t>(Phase::connect)] = 300us;
  attempt.phases[static_cast<std::size_t>(Phase::wait)] = 1990ms;
  attempt.bytes_received = bytes_received;
  return attempt;
}

// Without a connect there is no time from the connect on.
inline Attempt looked_up_in_vain(base::Duration time) {
  Attempt attempt;
  attempt.end = End::timed_out;
  attempt.reached = Phase::resolve;
  attempt.phases[static_cast<std::size_t>(Phase::resolve)] = time;
  return attempt;
}

inline Attempt closed(std::uint64_t bytes_received, int error_number = 0) {
  Attempt attempt;
  attempt.end = End::closed;
  attempt.reached = Phase::wait;
  attempt.address = socket_address_of("10.0.0.7:9000");
  attempt.bytes_received = bytes_received;
  attempt.error_number = error_number;
  return attempt;
}

inline Attempt failed(End end, int error_number, std::string problem) {
  Attempt attempt;
  attempt.end = end;
  attempt.address = socket_address_of("10.0.0.7:9000");
  attempt.error_number = error_number;
  attempt.problem = std::move(problem);
  return attempt;
}

inline Attempt malformed(fastcgi::Progress progress, std::string problem) {
  Attempt attempt = failed(End::malformed, 0, std::move(problem));
  attempt.progress = progress;
  attempt.bytes_received = 17;
  return attempt;
}

}  // namespace probe
