// What a request for /probe asks. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "http/message.h"

namespace web {

struct ProbeQuery {
  std::string target;                                         // a configured name, or an address
  std::optional<std::string> module;                          // nothing: the target's own
  bool debug = false;                                         // the story instead of the metrics
  std::optional<base::Duration> caller_waits = std::nullopt;  // Prometheus' scrape timeout
};

// The reason says what to write instead. Every parameter has one meaning only: repeated and unknown
// ones are refused, for FastCGI parameters never come from a URL. As Prometheus writes them they
// are decoded once, and never again.
base::Result<ProbeQuery> read_probe_query(const http::Request& request);

}  // namespace web
