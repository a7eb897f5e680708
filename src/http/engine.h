// Writes the heads of our answers with cpp-httplib, which sees only bytes that we wrote: neither a
// client's head nor any body goes through it, so its parser's holes are out of reach.
// It takes httplib some 36,000 instructions to write a head, and what is asked for all the time has
// the same one again and again: the last few are remembered, as they were written, for the second
// that their Date names. Used by one thread.
#pragma once

#include <cstddef>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "http/message.h"

namespace http {

struct Delivery {
  bool head_only = false;    // the request was HEAD
  bool is_http_1_0 = false;  // which must be told that the connection stays
  bool keep_alive = false;   // our verdict, never httplib's
  std::time_t date = 0;

  bool operator==(const Delivery&) const = default;
};

class Engine {
 public:
  Engine();
  ~Engine();

  // Status line and headers, with the empty line. Headers with control characters are left out.
  std::string head(const Answer& answer, const Delivery& delivery);

 private:
  class Server;
  // All that a head is made of, and the head.
  struct Written {
    int status;
    std::size_t body_bytes;
    std::string content_type;
    Headers headers;
    Delivery delivery;
    std::string head;
  };
  static constexpr std::size_t kMaxRemembered = 16;
  static constexpr std::size_t kMaxRememberedBytes = 1 << 10;  // of one head

  const Written* find(const Answer& answer, std::size_t body_bytes, const Delivery& delivery) const;
  void remember(const Answer& answer, std::size_t body_bytes, const Delivery& delivery,
                const std::string& head);

  std::unique_ptr<Server> server_;
  std::vector<Written> written_;
  std::size_t oldest_ = 0;  // of a full written_
};

}  // namespace http
