// What a scripted responder does with one connection, step by step.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"

namespace support {

struct Step {
  enum class Kind {
    read_request,
    send,
    send_forever,
    drip,
    wait_for_signal,
    wait_for_close,
    answer_pong,
    silent,
    close,
    reset,
  };
  Kind kind;
  std::string bytes = {};
  base::Duration pause = {};
};

// One connection; at its end the connection is closed.
using Script = std::vector<Step>;

namespace step {

// Up to and with the empty STDIN record.
Step read_request();
// As fast as the peer takes it.
Step send(std::string bytes);
// Again and again, until the peer closes.
Step send_forever(std::string bytes);
// Byte by byte, each in a send() of its own; pause 0: without waiting between them.
Step drip(std::string bytes, base::Duration pause);
// Until the test calls signal().
Step wait_for_signal();
// Reads and forgets, until the peer closes.
Step wait_for_close();
// PHP-FPM's pong to the request just read, with its id.
Step answer_pong();
// Neither reads nor writes, until the peer closes.
Step silent();
Step close();
// The peer gets ECONNRESET; on tcp only.
Step reset();

}  // namespace step

}  // namespace support
