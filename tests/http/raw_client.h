// An HTTP client that sends what it is told, byte for byte, and says what came back. Blocking, with
// a limit so generous that it only ends a test that would hang.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

#include "base/address.h"
#include "base/unique_fd.h"

namespace http {

struct Response {
  int status = 0;
  std::string head;  // with the status line
  std::string body;

  // "" when absent.
  std::string header(std::string name) const {
    name = "\r\n" + name + ": ";
    const auto begin = head.find(name);
    if (begin == std::string::npos) return "";
    const auto end = head.find("\r\n", begin + 2);
    return head.substr(begin + name.size(), end - begin - name.size());
  }
};

// The next whole answer out of `buffer`, to which `receive` adds what comes; it returns false at
// the end, and then the status is 0.
template <typename Receive>
Response take_response(std::string& buffer, bool with_body, Receive receive) {
  Response response;
  std::size_t end = 0;
  while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
    if (!receive()) return response;
  }
  response.head = buffer.substr(0, end + 4);
  buffer.erase(0, end + 4);
  response.status = std::atoi(response.head.c_str() + 9);
  const bool is_interim = response.status < 200;
  const std::size_t bytes =
      with_body && !is_interim ? std::stoul("0" + response.header("Content-Length")) : 0;
  while (buffer.size() < bytes) {
    if (!receive()) return {};
  }
  response.body = buffer.substr(0, bytes);
  buffer.erase(0, bytes);
  return response;
}

struct ClientOptions {
  int receive_buffer_bytes = 0;  // 0: the system's
};

class Client {
 public:
  explicit Client(const base::Address& server, ClientOptions options = {}) {
    base::Address address = server;
    if (address.host.empty() || address.host == "::") address.host = "::1";
    if (address.host == "0.0.0.0" || address.host == "localhost") address.host = "127.0.0.1";
    const auto where = base::socket_address(address);
    if (!where) throw std::runtime_error("not an address: " + address.text());
    fd_ = base::UniqueFd(::socket(where->family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval limit{.tv_sec = 60, .tv_usec = 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (options.receive_buffer_bytes > 0) {
      setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &options.receive_buffer_bytes, sizeof(int));
    }
    if (connect(fd_.get(), where->get(), where->size) != 0) {
      throw std::system_error(errno, std::generic_category(), "connect to " + address.text());
    }
  }

  // False when the server has closed meanwhile.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  void get(std::string_view path, std::string_view lines = "") {
    send("GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n" + std::string(lines) + "\r\n");
  }

  // The next whole answer; status 0 when the connection ended before.
  Response response() { return read_response(true); }
  Response head_response() { return read_response(false); }

  // All until the server closes. A reset counts as a close.
  std::string rest() {
    while (receive()) {
    }
    return std::exchange(buffer_, {});
  }

  bool is_closed() { return rest().empty(); }
  // How the connection ended: the server threw away what was on its way to us, or to it.
  bool was_reset() const { return was_reset_; }

  void end_sending() { shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }
  // The server sees a reset instead of an end of file.
  void reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    fd_.reset();
  }

  // Whether bytes or an end are there to be read; waits for nothing.
  bool has_something() const {
    pollfd poll_fd{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    return poll(&poll_fd, 1, 0) > 0;
  }

  // Reads at most `bytes` of whatever comes.
  std::size_t read_some(std::size_t bytes) {
    std::string buffer(bytes, '\0');
    const ssize_t size = recv(fd_.get(), buffer.data(), buffer.size(), 0);
    return size > 0 ? static_cast<std::size_t>(size) : 0;
  }

  int fd() const { return fd_.get(); }

 private:
  bool receive() {
    std::array<char, 1 << 16> bytes;
    const ssize_t size = recv(fd_.get(), bytes.data(), bytes.size(), 0);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      ADD_FAILURE() << "the server neither answers nor closes";
    }
    was_reset_ = size < 0 && errno == ECONNRESET;
    if (size <= 0) return false;
    buffer_.append(bytes.data(), static_cast<std::size_t>(size));
    return true;
  }

  Response read_response(bool with_body) {
    return take_response(buffer_, with_body, [this] { return receive(); });
  }

  base::UniqueFd fd_;
  std::string buffer_;
  bool was_reset_ = false;
};

}  // namespace http
