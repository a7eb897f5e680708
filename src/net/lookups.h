// Names to addresses, on a thread of its own with c-ares: getaddrinfo() blocks for 10 s on a silent
// name server and cannot be cancelled. One lookup per name at a time; answers are kept 30 s; the
// last good addresses stay while lookups fail. c-ares reads resolv.conf (again when it has changed)
// and the hosts file, and ignores nsswitch (mDNS, myhostname). IP literals need no lookup:
// base::socket_address().
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/time.h"

namespace net {

inline constexpr std::size_t kMaxNames = 16'384;           // more fail at once
inline constexpr std::size_t kMaxLookupsUnderWay = 1'024;  // more wait their turn
// Thousands of questions at once would overflow a name server's socket buffer, and be lost.
inline constexpr std::size_t kMaxLookupsPerBurst = 64;
inline constexpr std::chrono::milliseconds kBurstInterval{10};
inline constexpr std::size_t kMaxWaitersPerName = 16'384;  // more are not told
inline constexpr std::size_t kMaxAddressesTried = 16;      // by one probe
// A failed lookup is repeated sooner than a good one, but never faster than its answers come.
inline constexpr std::chrono::seconds kRepeatFailedAfter{5};

struct NameAnswer {
  enum class State { pending, resolved, failed };
  State state = State::pending;
  // Without ports, in the order to try; kept from the last good answer while a later lookup fails.
  std::vector<base::SocketAddress> addresses;
  // For people: why the last lookup failed. Set when failed, and when resolved by old addresses.
  std::string problem;
};

class Lookups {
 public:
  struct Options {
    base::Duration keep = std::chrono::seconds(30);
    // "127.0.0.1:5353,..." instead of resolv.conf's; from FASTCGI_EXPORTER_DNS_SERVERS
    std::string servers = {};
    std::string resolv_conf = "/etc/resolv.conf";
    std::uint16_t port = 53;  // of the servers in resolv.conf, where ports cannot be written
    // A silent name server is asked once more, twice as long: 6 s until the lookup has failed.
    std::chrono::milliseconds server_timeout{2000};
    base::Duration forget_unused_after = std::chrono::minutes(10);
  };

  explicit Lookups(Options options);  // starts the thread; throws std::runtime_error
  ~Lookups();                         // at once: drops what is under way and joins

  // Any thread: what is known now, never waiting. Starts a lookup when the name is new or its
  // answer is older than `keep`. `on_change` is kept only when the answer is pending; it is then
  // called once, on the lookup thread, when find() would say something else (keep it to a wake()).
  // It is dropped uncalled when Lookups ends; what it captures must live until one or the other.
  std::shared_ptr<const NameAnswer> find(const std::string& name, std::function<void()> on_change);

  // Any thread: looks the name up now, whatever is known, and calls `on_done` once with the
  // outcome: on the lookup thread, or at once for a name too many. A lookup under way serves all
  // who ask. Dropped uncalled when Lookups ends; what it captures must live until one or the other.
  using OnDone = std::function<void(std::shared_ptr<const NameAnswer>)>;
  void refresh(const std::string& name, OnDone on_done);

  std::size_t known_names() const;  // any thread

 private:
  class Thread;
  std::unique_ptr<Thread> thread_;
};

// The looked-up addresses with a port, as many of them as a probe may try.
std::vector<base::SocketAddress> with_port(const std::vector<base::SocketAddress>& addresses,
                                           std::uint16_t port);

}  // namespace net
