#include "http/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace http {
namespace {

constexpr std::size_t kPiecesPerCall = 64;
constexpr std::size_t kRecordBytes = 16 << 10;  // the most that one record of TLS holds

bool is_temporary(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

Connection::Input Connection::discard(std::span<char> scratch) {
  const ssize_t bytes = recv(fd(), scratch.data(), scratch.size(), 0);
  if (bytes > 0) return Input::bytes;
  return bytes < 0 && is_temporary(errno) ? Input::nothing : Input::ended;
}

Connection::Input Connection::receive_raw(std::span<char> scratch, std::string_view& bytes) {
  const ssize_t size = recv(fd(), scratch.data(), scratch.size(), 0);
  if (size <= 0) return size < 0 && is_temporary(errno) ? Input::nothing : Input::ended;
  bytes = {scratch.data(), static_cast<std::size_t>(size)};
  return Input::bytes;
}

Connection::Input Connection::receive(std::span<char> scratch) {
  std::string_view received;
  const Input input = receive_raw(scratch, received);
  if (input != Input::bytes) return input;
  if (tls) {
    tls->feed(received);
    return decrypt(scratch);
  }
  reader.append(received);
  return Input::bytes;
}

Connection::Input Connection::decrypt(std::span<char> scratch) {
  Input input = Input::nothing;
  while (true) {
    const TlsChannel::Plain plain = tls->read(scratch);
    if (plain.is_over) return input == Input::bytes ? input : Input::ended;
    if (plain.size == 0) return input;
    reader.append({scratch.data(), plain.size});
    input = Input::bytes;
  }
}

Connection::Sent Connection::send(std::size_t max_bytes) {
  return tls ? send_encrypted(max_bytes) : send_plain(max_bytes);
}

// A record at a time: the next one is made when the one before has gone, so that a slow reader
// holds one, and sent_bytes is not far ahead of the truth.
Connection::Sent Connection::send_encrypted(std::size_t max_bytes) {
  while (true) {
    const Sent sent = send_tls();
    if (sent != Sent::all) return sent;
    if (output.is_done()) return Sent::all;
    if (max_bytes == 0) return Sent::some;
    std::array<iovec, kPiecesPerCall> pieces;
    std::string record;
    const std::size_t filled = output.next(pieces, std::min(max_bytes, kRecordBytes));
    for (const iovec& piece : std::span(pieces).first(filled)) {
      record.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    }
    if (!tls->write(record)) return Sent::failed;
    output.sent(record.size());
    sent_bytes += record.size();
    max_bytes -= record.size();
  }
}

Connection::Sent Connection::send_tls() {
  while (tls && !tls->unsent().empty()) {
    const std::string_view unsent = tls->unsent();
    const ssize_t bytes = ::send(fd(), unsent.data(), unsent.size(), MSG_NOSIGNAL);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return is_temporary(errno) ? Sent::some : Sent::failed;
    tls->sent(static_cast<std::size_t>(bytes));
  }
  return Sent::all;
}

Connection::Sent Connection::send_plain(std::size_t max_bytes) {
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
  if (tls) {
    tls->write(bytes);
    send_tls();
    return;
  }
  [[maybe_unused]] const ssize_t sent = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

void Connection::end_tls() {
  if (!tls) return;
  tls->end();
  send_tls();
}

void Connection::end_sending() {
  end_tls();
  shutdown(fd(), SHUT_WR);
}

}  // namespace http
