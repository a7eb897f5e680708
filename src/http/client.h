// Asks one page of a running exporter, blocking, bounded in time and size: for the `check`
// sub-command only.
#pragma once

#include <string>
#include <string_view>

#include "base/address.h"
#include "base/result.h"
#include "base/time.h"

namespace http {

struct ClientAnswer {
  int status = 0;
  std::string body;
  std::string health;  // X-Fastcgi-Health, "" when absent
  bool unknown_target = false;
  bool wants_tls = false;
};

inline constexpr std::size_t kMaxClientBodyBytes = 64 << 10;

// An address to listen on works too: "any" becomes the loopback address. Where the server says that
// it wants TLS, it is asked again that way; its certificate is not looked at, since it names other
// hosts than this one.
base::Result<ClientAnswer> get(const base::Address& server, const std::string& path,
                               base::Duration timeout);

// `text` for use inside a path: everything but letters, digits and -._~ percent-encoded.
std::string encode_path_segment(std::string_view text);

}  // namespace http
