#include "http/outgoing.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace http {
namespace {

constexpr std::size_t kReadBytes = 16 << 10;
constexpr std::chrono::milliseconds kMaxPoll{
    60'000};  // its argument is an int; we wait on after it

}  // namespace

bool Outgoing::connect(const base::SocketAddress& server) {
  fd_ = base::UniqueFd(::socket(server.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd_.is_open()) return fail("socket", errno);
  if (::connect(fd_.get(), server.get(), server.size) == 0) return true;
  if (errno != EINPROGRESS && errno != EINTR) return fail("connect", errno);
  if (!wait_for(POLLOUT)) return false;
  int error_number = 0;
  socklen_t size = sizeof error_number;
  getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error_number, &size);
  return error_number == 0 || fail("connect", error_number);
}

bool Outgoing::start_tls() {
  tls_ = std::make_unique<TlsChannel>(TlsChannel::AsClient{});
  std::string bytes;
  for (;;) {
    const TlsChannel::Handshake step = tls_->shake_hands();
    if (step == TlsChannel::Handshake::failed) return fail("TLS: " + tls_->failure());
    if (!send_encrypted()) return false;
    if (step == TlsChannel::Handshake::done) return true;
    bytes.clear();
    if (!receive_raw(bytes)) return false;
    if (bytes.empty()) return fail("the connection was closed in the handshake of TLS");
    tls_->feed(bytes);
  }
}

bool Outgoing::send(std::string_view bytes) {
  if (!tls_) return send_raw(bytes);
  tls_->write(bytes);  // what is broken shows when the answer is read
  return send_encrypted();
}

bool Outgoing::receive(std::string& bytes) {
  if (!tls_) return receive_raw(bytes);
  std::array<char, kReadBytes> buffer;
  std::string encrypted;
  for (;;) {
    const TlsChannel::Plain plain = tls_->read(buffer);
    bytes.append(buffer.data(), plain.size);
    if (plain.size > 0 || plain.is_over) return true;
    encrypted.clear();
    if (!send_encrypted() || !receive_raw(encrypted)) return false;
    if (encrypted.empty()) return true;
    tls_->feed(encrypted);
  }
}

bool Outgoing::send_encrypted() {
  const std::string_view bytes = tls_->unsent();
  if (!send_raw(bytes)) return false;
  tls_->sent(bytes.size());
  return true;
}

bool Outgoing::send_raw(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(size));
    } else if (errno == EAGAIN) {
      if (!wait_for(POLLOUT)) return false;
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return true;  // the server has closed, maybe after an answer: read it
    } else if (errno != EINTR) {
      return fail("send", errno);
    }
  }
  return true;
}

bool Outgoing::receive_raw(std::string& bytes) {
  std::array<char, kReadBytes> buffer;
  for (;;) {
    // Before each read, so that a server that never pauses is not read for ever.
    if (!wait_for(POLLIN)) return false;
    const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (size < 0 && errno != ECONNRESET) return fail("read", errno);
    if (size > 0) bytes.append(buffer.data(), static_cast<std::size_t>(size));
    return true;
  }
}

bool Outgoing::wait_for(short events) {
  for (;;) {
    const base::Duration left = deadline_ - base::Clock::now();
    if (left <= base::Duration::zero()) return fail("no whole answer came in time");
    pollfd socket{.fd = fd_.get(), .events = events, .revents = 0};
    const auto wait = std::min(std::chrono::ceil<std::chrono::milliseconds>(left), kMaxPoll);
    const int ready = ::poll(&socket, 1, static_cast<int>(wait.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return fail("poll", errno);
  }
}

bool Outgoing::fail(std::string problem) {
  problem_ = std::move(problem);
  fd_.reset();
  return false;
}

bool Outgoing::fail(const char* what, int error_number) {
  return fail(what + (": " + std::generic_category().message(error_number)));
}

}  // namespace http
