// Any text as an address to ask, an address to listen on, and an entry of `probe_allow`: it is
// refused with a reason that can be shown, or it reads back the same; and the entry that allows an
// address allows it, as text and as the kernel takes it.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/address.h"
#include "config/probe_allow.h"
#include "fuzzing.h"

namespace {

using base::Address;
using fuzz::require;

// Where the text ends, a lookup begins; what the kernel takes comes back as the same bytes.
void require_same_for_kernel(const Address& address) {
  const auto socket = base::socket_address(address);
  if (!socket) return require(address.transport == base::Transport::tcp);
  require(*socket == *base::socket_address(address));
  const std::string text = base::text(*socket);
  fuzz::require_showable(text);
  if (address.port == 0 || address.host.find('%') != std::string::npos) return;
  const auto again = base::parse_address(text);
  require(again && base::socket_address(*again) == socket);
}

// A path that the kernel would take for another is allowed by nothing.
bool can_be_allowed(const Address& address) {
  if (!address.path.starts_with('/')) return true;
  const std::string path = address.path + '/';
  return path.find("//") == std::string::npos && path.find("/./") == std::string::npos &&
         path.find("/../") == std::string::npos;
}

void require_own_entry_allows(const Address& address) {
  if (!can_be_allowed(address)) return;
  const std::string entry = config::entry_for(address);
  require(config::probe_allow_problem(entry).empty());
  const config::ProbeAllow allow({entry});
  require(allow.allows(address));
  const auto socket = base::socket_address(address);
  if (socket && address.transport == base::Transport::tcp) require(allow.allows(*socket));
  Address other = address;
  other.port ^= 1U;
  other.path += other.path.empty() ? "" : "x";
  require(!allow.allows(other));
}

template <typename Parse>
void require_reads_back(std::string_view text, Parse parse) {
  const auto address = parse(text);
  if (!address) {
    require(!address.error().empty());
    return fuzz::require_showable(address.error());
  }
  const auto again = parse(address->text());
  require(again && *again == *address);
  require_same_for_kernel(*address);
}

void require_entry_is_sound(std::string_view entry) {
  const std::string problem = config::probe_allow_problem(entry);
  fuzz::require_showable(problem);
  require(entry.size() <= config::kMaxProbeAllowBytes || !problem.empty());
  if (!problem.empty()) return;
  const config::ProbeAllow allow({std::string(entry)});
  for (const char* path : {"/run/../etc/x", "/run//x", "/./x", "/run/."}) {
    require(!allow.allows_path(path));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  require_reads_back(text, base::parse_address);
  require_reads_back(text, base::parse_listen_address);
  require_entry_is_sound(text);
  if (const auto address = base::parse_address(text)) require_own_entry_allows(*address);
  return 0;
}
