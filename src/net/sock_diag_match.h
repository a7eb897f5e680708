// Which of the watched listeners a socket that listens here is: by what local clients would reach
// under the watched address. Of what a dump shows only what is watched is kept.
#pragma once

#include <sys/stat.h>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/address.h"
#include "net/sock_diag_message.h"
#include "probe/evidence.h"

namespace net {

// One form for all addresses that mean the same listener to a local client: connecting to "any"
// means this machine, ::ffff:10.0.0.7 is 10.0.0.7, and only link-local addresses have a scope.
base::SocketAddress canonical(const base::SocketAddress& listener);

// Shared by all who watch it: each would be 136 bytes otherwise.
using Listener = std::shared_ptr<const base::SocketAddress>;

// An order without meaning, to find addresses by.
struct BytesLess {
  using is_transparent = void;
  bool operator()(const base::SocketAddress& left, const base::SocketAddress& right) const;
  bool operator()(const Listener& left, const base::SocketAddress& right) const {
    return (*this)(*left, right);
  }
  bool operator()(const base::SocketAddress& left, const Listener& right) const {
    return (*this)(left, *right);
  }
  bool operator()(const Listener& left, const Listener& right) const {
    return (*this)(*left, *right);
  }
};

// A set of canonical addresses, each with an index. Immutable.
class WatchedListeners {
 public:
  struct Port {
    std::uint16_t port = 0;
    std::uint32_t index = 0;
    auto operator<=>(const Port&) const = default;
  };

  // Canonical, distinct, in the order of BytesLess.
  explicit WatchedListeners(std::vector<Listener> sorted);

  std::size_t size() const { return listeners_.size(); }
  const base::SocketAddress& at(std::size_t index) const { return *listeners_[index]; }
  std::optional<std::size_t> find(const base::SocketAddress& canonical_address) const;
  // The tcp listeners, by port.
  const std::vector<Port>& ports() const { return ports_; }

 private:
  std::vector<Listener> listeners_;
  std::vector<Port> ports_;
};

// Of a canonical tcp address: local without asking what interfaces there are.
bool is_loopback(const base::SocketAddress& address);

// The addresses of this machine's interfaces, at one moment.
class LocalAddresses {
 public:
  LocalAddresses();  // asks the kernel; knows of loopback addresses even when that fails

  // For canonical tcp addresses; the port does not matter.
  bool has(const base::SocketAddress& address) const;

 private:
  std::vector<base::SocketAddress> addresses_;  // canonical, port 0, in the order of BytesLess
};

// One sample's gatherings. `watched` must live as long.
class ListenerMatches {
 public:
  explicit ListenerMatches(const WatchedListeners& watched);

  // Before the listeners are shown: the file at a watched path, and which tcp addresses are local.
  void set_file(std::size_t index, const struct stat& file);
  void set_local(std::size_t index) { is_local_[index] = true; }
  void sort_files();

  void show(const UnixListener& listener);
  void show(const TcpListener& listener);

  // For a dump that has to be repeated: what was shown since size() was `size` is forgotten.
  std::size_t size() const { return matches_.size(); }
  void cut_back_to(std::size_t size) { matches_.resize(size); }

  // By index; nothing where no such listener was shown.
  std::vector<std::optional<probe::ListenQueue>> queues();

 private:
  struct File {
    std::uint32_t device_major = 0;
    std::uint32_t device_minor = 0;
    std::uint32_t inode = 0;
    std::uint32_t index = 0;
    auto operator<=>(const File&) const = default;
    bool is_same_file(const File& other) const {
      return device_major == other.device_major && device_minor == other.device_minor &&
             inode == other.inode;
    }
  };
  // How well a listener fits, best first: the kernel prefers the exact address to the wildcard,
  // and an IPv4 socket to an IPv6 one that serves IPv4 too.
  enum class Fit : std::uint8_t { exact, exact_mapped, wildcard, wildcard_mapped };
  struct Match {
    std::uint32_t index = 0;
    Fit fit = Fit::exact;
    std::uint64_t cookie = 0;
    probe::ListenQueue queue = {};
    bool same_place(const Match& other) const { return index == other.index && fit == other.fit; }
  };

  void show_wildcard(const TcpListener& listener);
  std::optional<Fit> wildcard_fit(const TcpListener& listener, std::size_t index) const;

  const WatchedListeners& watched_;
  std::vector<File> files_;
  std::vector<bool> is_local_;
  std::vector<Match> matches_;
};

}  // namespace net
