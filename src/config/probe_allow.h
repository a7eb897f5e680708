// Which addresses /probe may be told to ask: the entries of `probe_allow`. Pure; immutable after
// construction, any thread.
//
// An entry is one of
//   unix:/run/php/*.sock   a pattern of socket paths as a shell reads it: '*' never matches a '/',
//   unix:@php-*            nor a leading dot; abstract names, too
//   10.0.0.0/8:9000        a network, or one address, of either family ([fd00::]/8:9000)
//   php.default.svc:9000   a host's name as it is written, without regard to case
// with one port, a range (9000-9010) or '*' for every port.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"

namespace config {

inline constexpr std::size_t kMaxProbeAllowEntries = 1024;
inline constexpr std::size_t kMaxProbeAllowBytes = 512;  // of one entry

// What is wrong with an entry and what to write; nothing when all is well.
std::string probe_allow_problem(std::string_view entry);

class ProbeAllow {
 public:
  ProbeAllow() = default;  // allows nothing
  // REQUIRES: entries without a problem.
  explicit ProbeAllow(const std::vector<std::string>& entries);

  // What a client wrote. A name that an entry has is allowed to be looked up: what it means then is
  // to be asked about as well, since who answers for the name decides that.
  bool allows(const base::Address& address) const;
  // What is really connected to. An IPv4 address in IPv6's clothes (::ffff:10.0.0.7) counts as the
  // IPv4 address that it reaches; the interface of a link-local address is not looked at.
  bool allows(const base::SocketAddress& address) const;
  // A path without symbolic links, or an abstract name. Never one with "..", "." or "//" in it.
  bool allows_path(const std::string& path) const;

 private:
  friend std::string probe_allow_problem(std::string_view entry);

  struct Ports {
    std::uint16_t first = 1;
    std::uint16_t last = 65535;
  };
  struct Network {
    int family = 0;
    std::array<std::uint8_t, 16> bytes{};
    int bits = 0;
    Ports ports;
  };
  struct Host {
    std::string name;
    Ports ports;
  };

  std::string add(std::string_view entry);
  std::string add_path(std::string_view pattern);
  std::string add_host(std::string_view host, Ports ports);
  static std::string read_ports(std::string_view text, Ports& ports);

  std::vector<std::string> paths_;
  std::vector<Network> networks_;
  std::vector<Host> hosts_;
};

// The entry that would allow exactly this address.
std::string entry_for(const base::Address& address);

}  // namespace config
