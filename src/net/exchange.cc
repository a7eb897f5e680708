#include "net/exchange.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <utility>

namespace net {

using probe::End;
using probe::Phase;

bool is_own_shortage(int error_number) {
  return error_number == EMFILE || error_number == ENFILE || error_number == ENOBUFS ||
         error_number == ENOMEM;
}

Exchange::Exchange(ExchangeRequest request, base::TimePoint now)
    : request_(std::move(request)), phase_began_(now) {
  assert(!request_.addresses->empty() && !request_.request->empty());
  duration_of(Phase::resolve) = request_.resolve_time;
}

Exchange::Start Exchange::start(base::TimePoint now) {
  phase_began_ = now;
  const int error_number = open_and_send(now);
  if (error_number != 0) try_next_after(error_number, now);
  if (!is_finished()) return Start::under_way;
  return ended_by_own_shortage() ? Start::no_descriptor : Start::finished;
}

bool Exchange::ended_by_own_shortage() const {
  return (attempt_.end == End::connect_failed || attempt_.end == End::send_failed) &&
         is_own_shortage(attempt_.error_number);
}

Interest Exchange::interest() const {
  switch (state_) {
    case State::connecting:
      return Interest::write;
    case State::sending:
      return Interest::read_write;  // the answer may begin before the request is sent
    case State::receiving:
      return Interest::read;
    case State::finished:
      return Interest::none;
  }
  return Interest::none;
}

bool Exchange::wait_in(EventLoop& loop, std::uint64_t key) {
  const Interest wanted = interest();
  if (is_finished() || watched_ == wanted) return true;
  if (watched_) {
    loop.change(fd(), key, wanted);
  } else if (!loop.watch(fd(), key, wanted)) {
    return false;
  }
  watched_ = wanted;
  return true;
}

bool Exchange::advance(base::TimePoint now) {
  switch (state_) {
    case State::connecting:
      if (const int error_number = send_more(now); error_number != 0) {
        try_next_after(error_number, now);
      }
      break;
    case State::sending:
      receive_more(now);
      if (state_ == State::sending) send_more(now);
      break;
    case State::receiving:
      receive_more(now);
      break;
    case State::finished:
      break;
  }
  return is_finished();
}

void Exchange::try_next_after(int error_number, base::TimePoint now) {
  while (error_number != 0) {
    const bool is_last = address_index_ + 1 == request_.addresses->size();
    if (is_last || is_own_shortage(error_number)) {
      return finish(End::connect_failed, error_number, now);
    }
    ++address_index_;
    error_number = open_and_send(now);
  }
}

int Exchange::open_and_send(base::TimePoint now) {
  socket_.reset();  // before the next socket: an exchange never holds two descriptors
  watched_.reset();
  sent_bytes_ = 0;
  send_error_ = 0;
  const int fd = socket(address().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  socket_ = base::UniqueFd(fd);
  const int error_number = connect_socket(now);
  // At once, even while the connect is under way: on loopback it nearly always succeeds, and it
  // saves a turn of the loop. A worker that took a connection without a request is held for it.
  return error_number != 0 ? error_number : send_more(now);
}

int Exchange::connect_socket(base::TimePoint now) {
  state_ = State::connecting;
  while (connect(fd(), address().get(), address().size) != 0) {
    if (errno == EINTR) continue;  // asked again, it says how far it is
    if (errno == EISCONN) break;
    if (errno == EINPROGRESS || errno == EALREADY) return 0;
    // On a unix socket EAGAIN is a full backlog, never "wait". On tcp it is the kernel's own want.
    return errno == EAGAIN && address().family() != AF_UNIX ? ENOBUFS : errno;
  }
  connected(now);
  return 0;
}

// Also tells how a pending connect ended. SO_ERROR would do, too, but says 0 while it is pending.
int Exchange::send_more(base::TimePoint now) {
  const std::string& request = *request_.request;
  while (sent_bytes_ < request.size()) {
    const ssize_t size =
        send(fd(), request.data() + sent_bytes_, request.size() - sent_bytes_, MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return send_stopped(errno, now);
    connected(now);
    sent_bytes_ += static_cast<std::size_t>(size);
  }
  state_ = State::receiving;
  if (phase_ == Phase::send) enter(Phase::wait, now);
  return 0;
}

int Exchange::send_stopped(int error_number, base::TimePoint now) {
  if (error_number == EAGAIN) return 0;
  if (error_number == EPIPE || error_number == ECONNRESET) {
    // The peer took the connection and closed it. It may have answered before: read first.
    connected(now);
    send_error_ = error_number;
    state_ = State::receiving;
    return 0;
  }
  if (state_ == State::connecting) return error_number;
  finish(End::send_failed, error_number, now);
  return 0;
}

void Exchange::receive_more(base::TimePoint now) {
  std::array<char, kReadBytes> buffer;
  for (int reads = 0; reads < kMaxReadsPerTurn && !is_finished(); ++reads) {
    const ssize_t size = recv(fd(), buffer.data(), buffer.size(), 0);
    if (size <= 0) return receive_stopped(size == 0 ? 0 : errno, now);
    const auto bytes = static_cast<std::size_t>(size);
    take_bytes({buffer.data(), bytes}, now);
    if (bytes < buffer.size()) return;  // all there was; another read would only say EAGAIN
  }
}

void Exchange::receive_stopped(int error_number, base::TimePoint now) {
  if (error_number == EAGAIN || error_number == EINTR) return;
  const bool closed_by_peer =
      error_number == 0 || error_number == ECONNRESET || error_number == EPIPE;
  // Anything else means that our bytes found no way: ETIMEDOUT, EHOSTUNREACH and the like.
  if (!closed_by_peer) return finish(End::send_failed, error_number, now);
  const int reason = error_number != 0 ? error_number : send_error_;
  // A peer that drops us at once does it before or after our send, a race: either way it has closed
  // without an answer. One that goes while the request is half sent is a fact of its own: somebody
  // serves there and may have disliked what came.
  const bool is_half_sent = sent_bytes_ > 0 && sent_bytes_ < request_.request->size();
  if (is_half_sent && reader_.bytes_fed() == 0) {
    return finish(End::send_failed, reason != 0 ? reason : EPIPE, now);
  }
  finish(End::closed, reason, now);
}

void Exchange::take_bytes(std::string_view bytes, base::TimePoint now) {
  if (reader_.bytes_fed() == 0) {
    if (is_talking_to_itself(bytes)) return give_up_own_echo(now);
    enter(Phase::receive, now);
  }
  progress_ = reader_.feed(bytes);
  if (progress_ == fastcgi::Progress::complete) {
    finish(End::answered, 0, now);
  } else if (progress_ != fastcgi::Progress::need_more) {
    finish(End::malformed, 0, now);
  }
  if (received_.size() < request_.kept_bytes) {
    received_.append(bytes.substr(0, request_.kept_bytes - received_.size()));
  }
}

// A tcp connect to a local port in the ephemeral range, where nobody listens, may be given that
// very port as its own and meets itself: TCP's simultaneous open. What we sent comes back.
bool Exchange::is_talking_to_itself(std::string_view first_bytes) const {
  if (address().family() == AF_UNIX || !request_.request->starts_with(first_bytes.substr(0, 8))) {
    return false;
  }
  base::SocketAddress own;
  own.size = sizeof own.storage;
  return getsockname(fd(), reinterpret_cast<sockaddr*>(&own.storage), &own.size) == 0 &&
         own == address();
}

// As if the connect had been refused, which it should have been.
void Exchange::give_up_own_echo(base::TimePoint now) {
  enter(Phase::connect, now);
  for (const Phase phase : {Phase::send, Phase::wait}) {
    duration_of(Phase::connect) += std::exchange(duration_of(phase), base::Duration::zero());
  }
  try_next_after(ECONNREFUSED, now);
}

void Exchange::connected(base::TimePoint now) {
  if (state_ != State::connecting) return;
  state_ = State::sending;
  enter(Phase::send, now);
}

void Exchange::enter(Phase phase, base::TimePoint now) {
  now = std::max(now, phase_began_);
  duration_of(phase_) += now - phase_began_;
  phase_ = phase;
  phase_began_ = now;
}

void Exchange::finish(End end, int error_number, base::TimePoint now) {
  socket_.reset();  // first of all: until we close, PHP-FPM keeps the worker for us
  enter(phase_, now);
  state_ = State::finished;
  fill(attempt_);
  attempt_.end = end;
  attempt_.error_number = error_number;
  attempt_.response = reader_.take_response();
}

probe::Attempt Exchange::timed_out(base::TimePoint now) const {
  if (is_finished()) return attempt_;
  probe::Attempt attempt;
  fill(attempt);
  attempt.end = End::timed_out;
  const base::Duration running = std::max(now, phase_began_) - phase_began_;
  attempt.phases[static_cast<std::size_t>(phase_)] += running;
  attempt.elapsed += running;
  return attempt;
}

void Exchange::fill(probe::Attempt& attempt) const {
  attempt.reached = phase_;
  attempt.progress = progress_;
  attempt.phases = phases_;
  for (const base::Duration phase : phases_) attempt.elapsed += phase;
  attempt.elapsed -= request_.resolve_time;
  attempt.bytes_received = reader_.bytes_fed();
  attempt.problem = reader_.problem();
  attempt.address = address();
}

std::string_view Exchange::sent() const {
  return std::string_view(*request_.request).substr(0, std::min(sent_bytes_, request_.kept_bytes));
}

}  // namespace net
