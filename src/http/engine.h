// Writes the heads of our answers with cpp-httplib, which sees only bytes that we wrote: neither a
// client's head nor any body goes through it, so its parser's holes are out of reach.
// Used by one thread.
#pragma once

#include <ctime>
#include <memory>
#include <string>

#include "http/message.h"

namespace http {

struct Delivery {
  bool head_only = false;    // the request was HEAD
  bool is_http_1_0 = false;  // which must be told that the connection stays
  bool keep_alive = false;   // our verdict, never httplib's
  std::time_t date = 0;
};

class Engine {
 public:
  Engine();
  ~Engine();

  // Status line and headers, with the empty line. Headers with control characters are left out.
  std::string head(const Answer& answer, const Delivery& delivery);

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace http
