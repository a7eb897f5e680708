#include "config/probe_allow.h"

#include <fnmatch.h>
#include <netinet/in.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <optional>
#include <span>

#include "base/text.h"
#include "config/wording.h"

namespace config {
namespace {

constexpr std::string_view kForms =
    "; write unix:/run/php/*.sock, 10.0.0.0/8:9000, [fd00::]/8:9000 or php.default.svc:9000, with "
    "a port, a range such as 9000-9010, or * for every port";

// An address as bytes: 4 or 16, in network order.
struct Ip {
  int family = AF_INET;
  std::array<std::uint8_t, 16> bytes{};
  std::uint16_t port = 0;
};

int bits_of(int family) {
  return family == AF_INET ? 32 : 128;
}

// Nothing for a unix socket.
std::optional<Ip> ip_of(const base::SocketAddress& address) {
  Ip ip{.family = address.family()};
  if (ip.family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address.storage);
    std::memcpy(ip.bytes.data(), &v4->sin_addr, sizeof(v4->sin_addr));
    ip.port = ntohs(v4->sin_port);
    return ip;
  }
  if (ip.family != AF_INET6) return std::nullopt;
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
  ip.port = ntohs(v6->sin6_port);
  std::memcpy(ip.bytes.data(), &v6->sin6_addr, sizeof(v6->sin6_addr));
  if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
    ip.family = AF_INET;
    std::rotate(ip.bytes.begin(), ip.bytes.begin() + 12, ip.bytes.end());
  }
  return ip;
}

bool same_start(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b, int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(a.begin(), a.begin() + bits / 8, b.begin())) return false;
  if (bits % 8 == 0) return true;
  const int shift = 8 - bits % 8;
  return a[whole] >> shift == b[whole] >> shift;
}

// Of a name in the DNS: the dot at its end says only that it is whole.
std::string normal_name(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  std::string name(host);
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}

// The kernel would find another file than the text seems to say.
bool is_plain_path(std::string_view path) {
  if (!path.starts_with('/')) return true;  // an abstract name: its bytes are all there is
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view part = path.substr(0, path.find('/'));
    if (part.empty() || part == "." || part == "..") return false;
    path.remove_prefix(part.size());
  }
  return true;
}

// "[fd00::/8]" and "[fd00::]/8" mean the same; the host without brackets, and what follows '/'.
struct HostAndPrefix {
  std::string_view host;
  std::optional<std::string_view> prefix;
};

HostAndPrefix split_prefix(std::string_view text) {
  HostAndPrefix split{.host = text, .prefix = std::nullopt};
  if (text.starts_with('[') && text.ends_with(']')) {
    split.host = text.substr(1, text.size() - 2);
  }
  const std::size_t slash = split.host.find('/');
  if (slash == std::string_view::npos) return split;
  split.prefix = split.host.substr(slash + 1);
  split.host = split.host.substr(0, slash);
  if (split.host.starts_with('[') && split.host.ends_with(']')) {
    split.host = split.host.substr(1, split.host.size() - 2);
  }
  return split;
}

}  // namespace

std::string probe_allow_problem(std::string_view entry) {
  return ProbeAllow().add(entry);
}

ProbeAllow::ProbeAllow(const std::vector<std::string>& entries) {
  for (const std::string& entry : entries) {
    [[maybe_unused]] const std::string problem = add(entry);
    assert(problem.empty());
  }
}

std::string ProbeAllow::add(std::string_view entry) {
  if (entry.size() > kMaxProbeAllowBytes) return "is longer than 512 bytes";
  if (base::clean_text(entry, entry.size()) != entry) return "holds a control character";
  if (entry.starts_with("unix:///")) entry.remove_prefix(7);
  if (entry.starts_with("unix:")) entry.remove_prefix(5);
  if (entry.starts_with('/') || entry.starts_with('@')) return add_path(entry);
  if (entry.starts_with("tcp://")) entry.remove_prefix(6);
  const std::size_t colon = entry.rfind(':');
  const bool is_in_brackets = entry.ends_with(']');
  if (colon == std::string_view::npos || is_in_brackets) {
    return in_quotes(entry) + " has no port" + std::string(kForms);
  }
  Ports ports;
  std::string problem = read_ports(entry.substr(colon + 1), ports);
  return problem.empty() ? add_host(entry.substr(0, colon), ports) : problem;
}

std::string ProbeAllow::add_path(std::string_view pattern) {
  if (pattern.size() == 1) return in_quotes(pattern) + " lacks the name of a socket";
  if (!is_plain_path(pattern)) {
    return in_quotes(pattern) + " has \"..\", \".\" or \"//\" in it; write the path without them";
  }
  paths_.emplace_back(pattern);
  return "";
}

std::string ProbeAllow::read_ports(std::string_view text, Ports& ports) {
  if (text == "*") return "";
  const std::size_t dash = text.find('-');
  const auto first = base::parse_uint(text.substr(0, dash));
  const auto last =
      dash == std::string_view::npos ? first : base::parse_uint(text.substr(dash + 1));
  if (!first || !last || *first < 1 || *first > *last || *last > 65535) {
    return in_quotes(text) + " is no port from 1 to 65535" + std::string(kForms);
  }
  ports = {.first = static_cast<std::uint16_t>(*first), .last = static_cast<std::uint16_t>(*last)};
  return "";
}

std::string ProbeAllow::add_host(std::string_view text, Ports ports) {
  const auto [host, prefix] = split_prefix(text);
  const bool is_v6 = host.find(':') != std::string_view::npos;
  if (is_v6 && !text.starts_with('[')) {
    return in_quotes(text) + ": an IPv6 address stands in brackets" + std::string(kForms);
  }
  const auto address = base::parse_address(
      "tcp://" + (is_v6 ? "[" + std::string(host) + "]" : std::string(host)) + ":1");
  if (!address) return address.error() + std::string(kForms);
  const auto fixed = base::socket_address(*address);
  if (!fixed && prefix) return in_quotes(text) + " is no network" + std::string(kForms);
  if (!fixed) {
    hosts_.push_back({.name = normal_name(host), .ports = ports});
    return "";
  }
  const Ip ip = *ip_of(*fixed);
  const auto bits =
      prefix ? base::parse_uint(*prefix) : static_cast<std::uint64_t>(bits_of(ip.family));
  if (!bits || *bits > static_cast<std::uint64_t>(bits_of(ip.family))) {
    return in_quotes(text) + " is no network: after '/' stands a number up to " +
           std::to_string(bits_of(ip.family));
  }
  networks_.push_back(
      {.family = ip.family, .bytes = ip.bytes, .bits = static_cast<int>(*bits), .ports = ports});
  return "";
}

bool ProbeAllow::allows(const base::Address& address) const {
  if (address.transport == base::Transport::unix_socket) return allows_path(address.path);
  if (const auto fixed = base::socket_address(address)) return allows(*fixed);
  const std::string name = normal_name(address.host);
  return std::ranges::any_of(hosts_, [&](const Host& host) {
    return host.name == name && host.ports.first <= address.port && address.port <= host.ports.last;
  });
}

bool ProbeAllow::allows(const base::SocketAddress& address) const {
  const auto ip = ip_of(address);
  return ip && std::ranges::any_of(networks_, [&](const Network& network) {
           return network.family == ip->family &&
                  same_start(network.bytes, ip->bytes, network.bits) &&
                  network.ports.first <= ip->port && ip->port <= network.ports.last;
         });
}

bool ProbeAllow::allows_path(const std::string& path) const {
  if (!is_plain_path(path)) return false;
  return std::ranges::any_of(paths_, [&](const std::string& pattern) {
    return pattern.front() == path.front() &&
           ::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0;
  });
}

std::string entry_for(const base::Address& address) {
  std::string text = address.text();
  // Of a host named "unix" the transport must be said.
  if (text.starts_with("tcp://unix:")) return text;
  if (text.starts_with("tcp://")) return text.substr(6);
  std::string entry;
  for (const char c : text) {  // in a pattern these would mean more than themselves
    if (c == '*' || c == '?' || c == '[') {
      entry += {'[', c, ']'};
    } else {
      entry.append(c == '\\' ? 2 : 1, c);
    }
  }
  return entry;
}

}  // namespace config
