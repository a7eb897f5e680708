#include "http/client.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>  // httplib.h needs it and does not include it
#include <sys/socket.h>
#include <sys/un.h>

#include <httplib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <thread>

#include "base/mutex.h"
#include "base/text.h"
#include "base/unique_fd.h"

namespace http {
namespace {

constexpr base::Duration kCutAgain = std::chrono::milliseconds(20);

enum class Speak { plain, tls };

// httplib takes the bytes of a path as they are, those of an abstract name with its zero.
std::string path_of(const base::SocketAddress& server) {
  const auto* un = reinterpret_cast<const sockaddr_un*>(server.get());
  std::string path(un->sun_path, server.size - offsetof(sockaddr_un, sun_path));
  if (!path.starts_with('\0')) path.resize(std::min(path.find('\0'), path.size()));
  return path;
}

struct Where {
  std::string host;
  int port = 80;  // which httplib wants to know for a unix socket, too
};

Where where(const base::SocketAddress& server) {
  if (server.family() == AF_UNIX) return {.host = path_of(server)};
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  ::getnameinfo(server.get(), server.size, host.data(), host.size(), port.data(), port.size(),
                NI_NUMERICHOST | NI_NUMERICSERV);
  const std::uint64_t number = base::parse_uint(port.data()).value_or(0);
  return {.host = host.data(), .port = static_cast<int>(number)};
}

std::unique_ptr<httplib::ClientImpl> make_client(const base::SocketAddress& server, Speak speak) {
  const auto [host, port] = where(server);
  std::unique_ptr<httplib::ClientImpl> client;
  if (speak == Speak::plain) {
    client = std::make_unique<httplib::ClientImpl>(host, port);
  } else {
    client = std::make_unique<httplib::SSLClient>(host, port);
    client->enable_server_certificate_verification(false);
  }
  if (server.family() == AF_UNIX) client->set_address_family(AF_UNIX);
  return client;
}

// Ends the connection of a client at a deadline: httplib bounds each wait for bytes, and not all of
// them together, those of a handshake least of all.
class Cutter {
 public:
  Cutter(base::TimePoint deadline, httplib::ClientImpl& client) {
    client.set_socket_options([this](int socket) {
      base::MutexLock lock(mutex_);
      // One of our own, since the client closes its when it likes.
      socket_ = base::UniqueFd(::fcntl(socket, F_DUPFD_CLOEXEC, 0));
    });
    thread_ = std::thread([this, deadline] { run(deadline); });
  }
  ~Cutter() {
    {
      base::MutexLock lock(mutex_);
      is_over_ = true;
    }
    over_.notify_one();
    thread_.join();
  }
  Cutter(const Cutter&) = delete;
  Cutter& operator=(const Cutter&) = delete;

 private:
  void run(base::TimePoint next) EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    while (!is_over_) {
      if (over_.wait_until(mutex_, next)) continue;
      // All the client's waits are for reading; OpenSSL writes without MSG_NOSIGNAL, which must not
      // fail. Again and again, since it changes nothing while the connection is being made.
      ::shutdown(socket_.get(), SHUT_RD);
      next = base::Clock::now() + kCutAgain;
    }
  }

  base::Mutex mutex_;
  base::Condition over_;
  bool is_over_ GUARDED_BY(mutex_) = false;
  base::UniqueFd socket_ GUARDED_BY(mutex_);
  std::thread thread_;
};

base::Result<ClientAnswer> get_once(const base::SocketAddress& server, const std::string& path,
                                    base::TimePoint deadline, Speak speak) {
  const base::Duration left = deadline - base::Clock::now();
  if (left <= base::Duration::zero()) return base::Unexpected{"no whole answer came in time"};
  const auto client = make_client(server, speak);
  client->set_connection_timeout(left);
  client->set_read_timeout(left);
  client->set_keep_alive(false);
  const httplib::Headers headers{{"Host", "localhost"}, {"Accept", "application/json"}};
  ClientAnswer answer;
  const Cutter cutter(deadline, *client);
  const auto response = client->Get(path, headers, [&](const char* data, std::size_t size) {
    answer.body.append(data, std::min(size, kMaxClientBodyBytes - answer.body.size()));
    return true;
  });
  if (base::Clock::now() >= deadline) return base::Unexpected{"no whole answer came in time"};
  if (!response) return base::Unexpected{httplib::to_string(response.error()) + " failed"};
  answer.status = response->status;
  answer.health = response->get_header_value("X-Fastcgi-Health");
  answer.is_exporter = response->has_header("X-Fastcgi-Exporter");
  answer.wants_tls = response->get_header_value("X-Fastcgi-Error") == "https-only";
  answer.unknown_target = response->get_header_value("X-Fastcgi-Error") == "unknown-target";
  return answer;
}

base::Result<ClientAnswer> get_by_tls(const base::SocketAddress& server, const std::string& path,
                                      base::TimePoint deadline) {
  auto answer = get_once(server, path, deadline, Speak::tls);
  if (answer) return answer;
  return base::Unexpected{answer.error() +
                          " over TLS; where it wants a certificate of its clients, this one has "
                          "none"};
}

}  // namespace

base::Address reachable(base::Address address) {
  if (address.transport == base::Transport::unix_socket) return address;
  if (address.host.empty() || address.host == "0.0.0.0") address.host = "127.0.0.1";
  if (address.host == "::") address.host = "::1";
  return address;
}

base::Result<ClientAnswer> get(const std::vector<base::SocketAddress>& servers,
                               const std::string& path, base::TimePoint deadline) {
  base::Result<ClientAnswer> answer = base::Unexpected{"it has no address"};
  for (const base::SocketAddress& server : servers) {
    answer = get_once(server, path, deadline, Speak::plain);
    if (answer && answer->wants_tls) return get_by_tls(server, path, deadline);
    if (answer) break;
  }
  return answer;
}

std::string encode_path_segment(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return encoded;
}

}  // namespace http
