// Sockets that listen and accept nobody, clients that wait in their queues, and how to wait until
// ListenQueues has seen them.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "base/unique_fd.h"
#include "net/listen_queues.h"

namespace net {

inline base::SocketAddress resolved(const std::string& text) {
  return base::socket_address(base::parse_listen_address(text).value()).value();
}

inline base::SocketAddress at_port(base::SocketAddress address, std::uint16_t port) {
  if (address.family() == AF_INET) {
    reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port = htons(port);
  }
  return address;
}

inline std::uint16_t port_of(const base::SocketAddress& address) {
  return ntohs(address.family() == AF_INET
                   ? reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port
                   : reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_port);
}

class QuietListener {
 public:
  struct Options {
    int backlog = 16;
    bool is_v6_only = false;
    bool shares_port = false;
    int type = SOCK_STREAM;
    bool listens = true;  // no: the address is only taken
  };

  // Port 0 means a free one.
  QuietListener(const base::SocketAddress& where, Options options)
      : fd_(socket(where.family(), options.type | SOCK_CLOEXEC, 0)), address_(where) {
    const int v6_only = options.is_v6_only ? 1 : 0;
    const int on = 1;
    if (where.family() == AF_INET6) {
      setsockopt(fd_.get(), IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof(v6_only));
    }
    if (options.shares_port) setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    if (bind(fd_.get(), where.get(), where.size) != 0 ||
        (options.listens && listen(fd_.get(), options.backlog) != 0)) {
      throw std::system_error(errno, std::generic_category(), base::text(where));
    }
    if (where.family() == AF_UNIX) return;
    address_.size = sizeof(address_.storage);
    getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address_.storage), &address_.size);
  }

  const base::SocketAddress& address() const { return address_; }
  std::uint16_t port() const { return port_of(address_); }

 private:
  base::UniqueFd fd_;
  base::SocketAddress address_;
};

// They are in the queue when this returns; over tcp, as soon as the kernel has handled their last
// packet.
class Clients {
 public:
  Clients(const base::SocketAddress& to, int count) {
    for (int i = 0; i < count; ++i) {
      base::UniqueFd fd(socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
      if (connect(fd.get(), to.get(), to.size) != 0) {
        throw std::system_error(errno, std::generic_category(), base::text(to));
      }
      members_.push_back(std::move(fd));
    }
  }

 private:
  std::vector<base::UniqueFd> members_;
};

inline std::shared_ptr<const QueueTable> refreshed(ListenQueues& queues) {
  const auto done = std::make_shared<std::promise<void>>();
  queues.refresh([done] { done->set_value(); });
  done->get_future().wait();
  return queues.table();
}

// A sample that knows of all that was done before this call.
inline std::shared_ptr<const QueueTable> fresh(ListenQueues& queues) {
  const base::TimePoint now = base::Clock::now();
  while (true) {
    auto table = refreshed(queues);
    if (table->taken() >= now) return table;
  }
}

inline probe::ListenQueue queue(std::uint32_t length, std::uint32_t limit) {
  return {.length = length, .limit = limit};
}

// Long enough that no healthy machine ever reaches it: a test that waits for it has failed.
inline constexpr std::chrono::seconds kQueueIsSeen{60};

// What is found in the end: `wanted`, unless that never comes.
inline std::optional<probe::ListenQueue> found_in_the_end(
    ListenQueues& queues, const base::SocketAddress& listener,
    std::optional<probe::ListenQueue> wanted) {
  const base::TimePoint limit = base::Clock::now() + kQueueIsSeen;
  while (true) {
    const auto found = fresh(queues)->find(listener);
    if (found == wanted || base::Clock::now() > limit) return found;
  }
}

}  // namespace net
