// A request as routes see it, and the answer they give. Values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/chunks.h"

namespace http {

enum class Method : std::uint8_t { get, head, post, other };

struct Request {
  Method method = Method::get;
  std::string path;   // percent-decoded once
  std::string name;   // what follows the path of a route that takes a NAME; decoded
  std::string query;  // raw, without '?'
  std::string accept;
  std::string accept_encoding;
  std::string authorization;
  std::string scrape_timeout;  // X-Prometheus-Scrape-Timeout-Seconds
  std::string body;            // POST only, whole
  std::string peer;            // socket address, for logs

  // The first value of that name, decoded once; nothing when it is absent; "" for a bare name.
  std::optional<std::string> query_value(std::string_view key) const;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Answer {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  Headers headers;          // ours alone: never a client's bytes
  base::SharedChunks body;  // may be null: empty
};

Answer text_answer(int status, std::string body);
Answer busy_answer(std::string reason);  // 503, and try again
std::size_t body_bytes(const Answer& answer);

// How a route is answered: at once on the front's thread (from a cache, microseconds), in the niced
// pool, or by whoever holds the Reply, later, while the connection is parked and no thread waits.
enum class Cost : std::uint8_t { inline_answer, pool, parked };

using Reply = std::function<void(Answer)>;  // any thread; exactly once

struct Route {
  std::string path;
  bool takes_name = false;  // PATH/NAME too, never PATH/NAME/MORE
  bool get = true;          // HEAD too
  bool post = false;
  Cost cost = Cost::inline_answer;
  std::size_t max_at_once = 0;  // answers being made; one more gets 503; 0: no limit
  std::function<Answer(const Request&)> answer;             // inline_answer and pool
  std::function<void(const Request&, Reply)> answer_later;  // parked
};

}  // namespace http
