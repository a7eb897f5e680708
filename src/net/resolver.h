// c-ares on an event loop: names to addresses without waiting. Owned and used by one thread, whose
// loop holds nothing but c-ares' sockets. Reads resolv.conf once (is_outdated() tells when it has
// changed since: make a new resolver then), the hosts file at every lookup.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "net/event_loop.h"

struct ares_addrinfo;
struct ares_channeldata;

namespace net {

inline constexpr int kServerTries = 2;
inline constexpr std::size_t kMaxAddressesPerName = 1'024;  // the rest is not used

class Resolver {
 public:
  struct Answer {
    std::vector<base::SocketAddress> addresses;  // port 0, in the order to try (RFC 6724)
    std::string problem;                         // for people; empty when there is an address
  };
  using Done = std::function<void(Answer)>;

  struct Options {
    std::string servers = {};  // "127.0.0.1:5353,..."; empty: resolv.conf's
    std::string resolv_conf = "/etc/resolv.conf";
    std::uint16_t port = 53;  // of the servers in resolv.conf, where ports cannot be written
    // For the first try. c-ares doubles it for each further one.
    std::chrono::milliseconds server_timeout{2000};
  };

  Resolver(EventLoop& loop, Options options);  // throws std::runtime_error
  ~Resolver();  // what is under way is dropped, its Done never called
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Calls `done` once: later from advance(), or at once when no question is needed.
  void look_up(const std::string& name, Done done);
  // With what each wait() brought, nothing included: time-outs are noticed here.
  void advance(std::span<const Ready> ready);
  std::optional<base::TimePoint> next_due() const;
  bool is_outdated() const;

 private:
  struct Question;

  // Tells a rewritten file from the one that was read. All zero: there is none.
  struct FileStamp {
    std::uint64_t device = 0, inode = 0;
    std::int64_t bytes = 0, changed_seconds = 0, changed_nanoseconds = 0;
    bool operator==(const FileStamp&) const = default;
  };
  static FileStamp stamp_of(const std::string& path);

  static void on_answer(void* question, int status, int timeouts, ares_addrinfo* result);
  static void on_socket_state(void* resolver, int fd, int readable, int writable);
  void use_servers();

  EventLoop& loop_;
  const Options options_;
  const FileStamp read_;  // taken before reading: a change meanwhile is noticed later
  bool is_ending_ = false;
  ares_channeldata* channel_ = nullptr;
  std::unordered_set<int> watched_;
};

}  // namespace net
