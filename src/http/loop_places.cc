// Who may connect, and who has to go for them.
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "http/loop.h"

namespace http {
namespace {

constexpr int kMaxAcceptsPerTurn = 256;
constexpr base::Duration kAcceptPause = std::chrono::milliseconds(100);
// "At once" for a connection in a reserved place: the request may be a moment behind the connect.
constexpr base::Duration kReserveGrace = std::chrono::seconds(1);

}  // namespace

void Front::Loop::accept_from(const Listener& listener) {
  bool may_evict = true;
  for (int i = 0; i < kMaxAcceptsPerTurn; ++i) {
    Accepted accepted = listener.accept();
    if (accepted.fd.is_open()) {
      admit(std::move(accepted));
      may_evict = true;
      continue;
    }
    if (accepted.error == EMFILE || accepted.error == ENFILE) {
      // The kernel takes the descriptor first and looks for a connection then.
      if (!listener.has_waiting()) return;
      // A descriptor of an idle client serves a new one better.
      if (std::exchange(may_evict, false) && evict_one(nullptr)) continue;
    }
    if (!after_accept_error(accepted.error)) return;
  }
}

// Whether to go on accepting in this turn. No error ends the listener, and none makes the loop
// spin: what will not pass by itself pauses it.
bool Front::Loop::after_accept_error(int error) {
  switch (error) {
    case EAGAIN:
      if (std::exchange(accept_failed_, false)) base::log::info("accepting connections again");
      return false;
    case EINTR:
    case ECONNABORTED:  // the client is gone again; below: errors of that one connection, as
    case EPERM:         // accept(2) lists them
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
      return true;
    default:
      pause_accepting(error);
      return false;
  }
}

void Front::Loop::pause_accepting(int error) {
  if (!accept_failed_) {
    base::log::warn("cannot accept connections, trying again every 100 ms",
                    {{"error", std::generic_category().message(error)}});
  }
  accept_failed_ = true;
  resume_accepting_at_ = events_.now() + kAcceptPause;
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    events_.change(listeners_[i].fd(), i, net::Interest::none);
  }
}

void Front::Loop::resume_accepting() {
  resume_accepting_at_.reset();
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    events_.change(listeners_[i].fd(), i, net::Interest::read);
  }
}

void Front::Loop::admit(Accepted accepted) {
  if (places_.is_full() && !evict_one(nullptr)) {
    ++evicted_;  // the new one itself: all others wait for answers that are being made
    return;
  }
  const ConnectionId id = next_id_++;
  auto connection =
      std::make_unique<Connection>(id, std::move(accepted.fd), base::text(accepted.peer));
  if (!events_.watch(connection->fd(), id, connection->interest)) {
    base::log::warn("cannot watch a connection",
                    {{"error", std::generic_category().message(errno)}});
    return;
  }
  Connection& added = places_.add(std::move(connection), events_.now());
  if (guard_.access().tls) places_.enter(added, Connection::State::handshake, events_.now());
  added.head_deadline_set = !added.in_reserve;
  connections_ = static_cast<std::int64_t>(places_.size());
  set_deadline(added,
               events_.now() + (added.in_reserve ? std::min(kReserveGrace, options_.head_deadline)
                                                 : options_.head_deadline));
}

bool Front::Loop::evict_one(const Connection* spared) {
  Connection* victim = places_.next_to_evict(events_.now(), spared);
  if (victim == nullptr) return false;
  ++evicted_;
  close(*victim);
  return true;
}

// A connection in the reserve whose request did not come complete at once needs a place like
// everybody else's. False: there is none, and it is closed.
bool Front::Loop::settle(Connection& connection) {
  if (!connection.in_reserve) return true;
  if (places_.ordinary_are_taken() && !evict_one(&connection)) {
    ++evicted_;
    close(connection);
    return false;
  }
  if (!places_.ordinary_are_taken()) places_.leave_reserve(connection);
  return true;
}

void Front::Loop::close(Connection& connection) {
  timers_.cancel(connection.id());
  events_.forget(connection.fd());
  bodies_.release(connection.output.body().get());
  if (connection.uses_tls) {
    --tls_connections_;
    handshakes_->end(connection.id());
  }
  give_back_place(connection);
  places_.remove(connection);
  connections_ = static_cast<std::int64_t>(places_.size());
}

}  // namespace http
