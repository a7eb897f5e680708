// What one exchange brought: facts only, no judgement. Filled by net/exchange, judged by
// probe/judge. A value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/time.h"
#include "fastcgi/response_reader.h"

namespace probe {

// The label `phase`. wait: from the last byte sent to the first byte received.
enum class Phase : std::uint8_t { resolve, connect, send, wait, receive };
inline constexpr std::size_t kPhaseCount = 5;
std::string_view label(Phase phase);
using Phases = std::array<base::Duration, kPhaseCount>;  // 0 where a phase was not reached

enum class End : std::uint8_t {
  answered,        // END_REQUEST arrived for our request
  resolve_failed,  // no address; `problem` has the resolver's words
  connect_failed,  // error_number says why; EAGAIN on a unix socket is a full backlog
  timed_out,       // the deadline passed; `reached` says in which phase
  closed,          // the peer closed or reset; error_number is 0 for an orderly close
  send_failed,     // error_number says why
  malformed,       // `progress` says how, `problem` in words
};

struct Attempt {
  End end = End::answered;
  int error_number = 0;
  Phase reached = Phase::resolve;
  fastcgi::Progress progress = fastcgi::Progress::need_more;
  Phases phases{};
  base::Duration elapsed{};  // connect to END_REQUEST (or to the end it had)
  std::uint64_t bytes_received = 0;
  std::string problem;          // for people; empty when the rest says it all
  base::SocketAddress address;  // last tried; of size 0: none was
  fastcgi::Response response;   // whole only when answered
};

}  // namespace probe
