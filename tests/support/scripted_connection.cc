#include "support/scripted_connection.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "support/fastcgi_bytes.h"

namespace support {
namespace {

constexpr std::size_t kMaxRequestBytes = 1U << 20U;
constexpr std::uint8_t kStdin = 5;

std::size_t number_at(std::string_view bytes, std::size_t index) {
  return static_cast<std::size_t>(static_cast<unsigned char>(bytes[index])) << 8U |
         static_cast<unsigned char>(bytes[index + 1]);
}

// Bytes of the first whole request in `bytes`, 0 while it is not all there.
std::size_t request_size(std::string_view bytes) {
  std::size_t at = 0;
  while (bytes.size() - at >= 8) {
    const bool ends = bytes[at + 1] == kStdin && number_at(bytes, at + 4) == 0;
    const auto padding = static_cast<unsigned char>(bytes[at + 6]);
    const std::size_t end = at + 8 + number_at(bytes, at + 4) + padding;
    if (end > bytes.size()) return 0;
    if (ends) return end;
    at = end;
  }
  return 0;
}

}  // namespace

namespace step {

Step read_request() {
  return {.kind = Step::Kind::read_request};
}
Step send(std::string bytes) {
  return {.kind = Step::Kind::send, .bytes = std::move(bytes)};
}
Step send_forever(std::string bytes) {
  return {.kind = Step::Kind::send_forever, .bytes = std::move(bytes)};
}
Step drip(std::string bytes, base::Duration pause) {
  return {.kind = Step::Kind::drip, .bytes = std::move(bytes), .pause = pause};
}
Step wait_for_signal() {
  return {.kind = Step::Kind::wait_for_signal};
}
Step wait_for_close() {
  return {.kind = Step::Kind::wait_for_close};
}
Step answer_pong() {
  return {.kind = Step::Kind::answer_pong};
}
Step silent() {
  return {.kind = Step::Kind::silent};
}
Step close() {
  return {.kind = Step::Kind::close};
}
Step reset() {
  return {.kind = Step::Kind::reset};
}

}  // namespace step

ScriptedConnection::ScriptedConnection(base::UniqueFd fd, const Script& script, Logbook& logbook)
    : fd_(std::move(fd)), script_(script), logbook_(logbook) {}

bool ScriptedConnection::play(base::TimePoint now) {
  events_ = POLLRDHUP;
  due_.reset();
  while (next_ < script_.size()) {
    const Played played = play_step(script_[next_], now);
    if (played == Played::waits) return true;
    if (played == Played::over) break;
    ++next_;
    sent_ = 0;
  }
  fd_.reset();
  logbook_.count(&Counts::finished);
  return false;
}

ScriptedConnection::Played ScriptedConnection::play_step(const Step& step, base::TimePoint now) {
  switch (step.kind) {
    case Step::Kind::read_request:
      return read_request();
    case Step::Kind::send:
      return send_all(step.bytes);
    case Step::Kind::send_forever:
      return send_forever(step.bytes);
    case Step::Kind::drip:
      return drip(step, now);
    case Step::Kind::wait_for_signal:
      return logbook_.take_signal() ? Played::done : wait_or_notice_close();
    case Step::Kind::wait_for_close:
      return read_until_close();
    case Step::Kind::answer_pong:
      return send_all(pong_answer({.request_id = request_id_}));
    case Step::Kind::silent:
      return wait_or_notice_close();
    case Step::Kind::close:
      return Played::over;
    case Step::Kind::reset:
      return reset();
  }
  return Played::over;
}

ScriptedConnection::Played ScriptedConnection::read_request() {
  while (request_size(input_) == 0) {
    const Played received = receive();
    if (received != Played::done) return received;
    if (input_.size() > kMaxRequestBytes) return Played::over;
  }
  const std::size_t size = request_size(input_);
  request_id_ = static_cast<std::uint16_t>(number_at(input_, 2));
  logbook_.keep_request(input_.substr(0, size));
  input_.erase(0, size);
  return Played::done;
}

ScriptedConnection::Played ScriptedConnection::read_until_close() {
  Played received = Played::done;
  while (received == Played::done) {
    input_.clear();
    received = receive();
  }
  return received;
}

ScriptedConnection::Played ScriptedConnection::receive() {
  std::array<char, 16384> buffer{};
  const ssize_t got = recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got > 0) {
    input_.append(buffer.data(), static_cast<std::size_t>(got));
    return Played::done;
  }
  if (got < 0 && errno == EAGAIN) return waits_for(POLLIN);
  return closed_by_peer();
}

ScriptedConnection::Played ScriptedConnection::send_all(std::string_view bytes) {
  while (sent_ < bytes.size()) {
    const Played played = send_some(bytes.substr(sent_));
    if (played != Played::done) return played;
  }
  return Played::done;
}

ScriptedConnection::Played ScriptedConnection::send_forever(std::string_view bytes) {
  const Played played = send_all(bytes);
  if (played != Played::done) return played;
  sent_ = 0;
  return waits_for(POLLOUT);  // let the other connections have their turn
}

ScriptedConnection::Played ScriptedConnection::drip(const Step& step, base::TimePoint now) {
  while (sent_ < step.bytes.size()) {
    if (now < next_drop_) {
      due_ = next_drop_;
      return wait_or_notice_close();
    }
    const Played played = send_some(std::string_view(step.bytes).substr(sent_, 1));
    if (played != Played::done) return played;
    next_drop_ = now + step.pause;
  }
  return Played::done;
}

ScriptedConnection::Played ScriptedConnection::send_some(std::string_view bytes) {
  const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0) {
    sent_ += static_cast<std::size_t>(sent);
    return Played::done;
  }
  return errno == EAGAIN ? waits_for(POLLOUT) : closed_by_peer();
}

// Without reading: what the peer sent stays in the kernel.
ScriptedConnection::Played ScriptedConnection::wait_or_notice_close() {
  pollfd state = {.fd = fd_.get(), .events = POLLRDHUP, .revents = 0};
  return poll(&state, 1, 0) > 0 ? closed_by_peer() : Played::waits;
}

ScriptedConnection::Played ScriptedConnection::waits_for(short events) {
  events_ = events;
  return Played::waits;
}

ScriptedConnection::Played ScriptedConnection::closed_by_peer() {
  logbook_.count(&Counts::closed_by_peer);
  return Played::over;
}

ScriptedConnection::Played ScriptedConnection::reset() {
  const linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  return Played::over;
}

}  // namespace support
