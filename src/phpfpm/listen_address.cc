#include "phpfpm/listen_address.h"

#include <algorithm>
#include <string>

namespace phpfpm {
namespace {

std::string socket_path(std::string_view listen, std::string_view prefix) {
  if (listen.starts_with('/')) return std::string(listen);
  const std::string_view base = prefix.empty() ? kBuiltInPrefix : prefix;
  return std::string(base) + "/" + std::string(listen);
}

// A listener on [::] takes IPv4, too, unless the system says otherwise; ::1 reaches both kinds.
std::string host_to_ask(std::string_view host) {
  if (host.empty() || host == "*" || host == "0.0.0.0") return "127.0.0.1";
  if (host == "[::]" || host == "::") return "[::1]";
  const bool is_bare_v6 = host.find(':') != std::string_view::npos && !host.starts_with('[');
  return is_bare_v6 ? "[" + std::string(host) + "]" : std::string(host);
}

}  // namespace

base::Result<base::Address> listen_address(std::string_view listen, std::string_view prefix) {
  if (listen.empty()) return base::Unexpected{"has no value"};
  const bool is_port = std::ranges::all_of(listen, [](char c) { return c >= '0' && c <= '9'; });
  if (is_port) return base::parse_address("127.0.0.1:" + std::string(listen));
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string_view::npos) {
    return base::parse_address("unix:" + socket_path(listen, prefix));
  }
  return base::parse_address("tcp://" + host_to_ask(listen.substr(0, colon)) +
                             std::string(listen.substr(colon)));
}

}  // namespace phpfpm
