#include "http/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace http {
namespace {

constexpr std::size_t kPiecesPerCall = 64;

bool is_temporary(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

Connection::Input Connection::discard(std::span<char> scratch) {
  const ssize_t bytes = recv(fd(), scratch.data(), scratch.size(), 0);
  if (bytes > 0) return Input::bytes;
  return bytes < 0 && is_temporary(errno) ? Input::nothing : Input::ended;
}

Connection::Input Connection::receive(std::span<char> scratch) {
  const ssize_t bytes = recv(fd(), scratch.data(), scratch.size(), 0);
  if (bytes <= 0) return bytes < 0 && is_temporary(errno) ? Input::nothing : Input::ended;
  reader.append({scratch.data(), static_cast<std::size_t>(bytes)});
  return Input::bytes;
}

Connection::Sent Connection::send(std::size_t max_bytes) {
  std::array<iovec, kPiecesPerCall> pieces;
  while (!output.is_done() && max_bytes > 0) {
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = output.next(pieces, max_bytes);
    const ssize_t bytes = sendmsg(fd(), &message, MSG_NOSIGNAL);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return is_temporary(errno) ? Sent::some : Sent::failed;
    output.sent(static_cast<std::size_t>(bytes));
    sent_bytes += static_cast<std::uint64_t>(bytes);
    max_bytes -= static_cast<std::size_t>(bytes);
  }
  return output.is_done() ? Sent::all : Sent::some;
}

void Connection::send_now(std::string_view bytes) {
  [[maybe_unused]] const ssize_t sent = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

void Connection::end_sending() {
  shutdown(fd(), SHUT_WR);
}

}  // namespace http
