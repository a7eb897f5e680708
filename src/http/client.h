// Asks one page of a running exporter, blocking, bounded in time and size: for the `check`
// sub-command only.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "base/time.h"

namespace http {

inline constexpr std::size_t kMaxClientBodyBytes = 64 << 10;  // more than any health page has

struct ClientAnswer {
  int status = 0;
  std::string body;          // the first kMaxClientBodyBytes of it
  std::string health;        // X-Fastcgi-Health, "" when absent
  bool is_exporter = false;  // X-Fastcgi-Exporter is there
  bool unknown_target = false;
  bool wants_tls = false;
};

// Where to ask a server that listens at `address`: "any" becomes the loopback address.
base::Address reachable(base::Address address);

// Of the first of `servers` that answers; or the last one's reason. Where it says that it wants
// TLS, it is asked again that way; its certificate is not looked at, since it names other hosts
// than this one. All of it ends at the deadline, however slowly the server answers. The reason says
// why there is no answer, as part of a sentence.
base::Result<ClientAnswer> get(const std::vector<base::SocketAddress>& servers,
                               const std::string& path, base::TimePoint deadline);

// `text` for use inside a path: everything but letters, digits and -._~ percent-encoded.
std::string encode_path_segment(std::string_view text);

}  // namespace http
