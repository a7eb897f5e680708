#include "http/places.h"

#include <algorithm>
#include <cstdlib>

namespace http {
namespace {

// A second is added so that an answer that has just begun does not look slow.
double bytes_per_second(const Connection& connection, base::TimePoint now) {
  return static_cast<double>(connection.sent_bytes) /
         (base::seconds(now - connection.sending_since) + 1);
}

}  // namespace

// At least one place stays for everybody else, however small the limit.
Places::Places(Limits limits)
    : limits_{.max = std::max<std::size_t>(limits.max, 1),
              .reserved = std::min(limits.reserved, std::max<std::size_t>(limits.max, 1) - 1)} {}

Connection& Places::add(std::unique_ptr<Connection> connection, base::TimePoint now) {
  Connection& added = *connection;
  if (ordinary_are_taken()) {
    added.in_reserve = true;
    ++in_reserve_;
  }
  added.waiting_since = now;
  added.listed = incomplete_.insert(incomplete_.end(), &added);
  all_.emplace(added.id(), std::move(connection));
  return added;
}

void Places::remove(Connection& connection) {
  list_of(connection.state).erase(connection.listed);
  if (connection.in_reserve) --in_reserve_;
  all_.erase(connection.id());
}

Connection* Places::find(ConnectionId id) {
  const auto found = all_.find(id);
  return found == all_.end() ? nullptr : found->second.get();
}

void Places::leave_reserve(Connection& connection) {
  if (connection.in_reserve) --in_reserve_;
  connection.in_reserve = false;
}

void Places::enter(Connection& connection, Connection::State state, base::TimePoint now) {
  // Who has to shake hands first has not begun to wait anew, and keeps the place in the order.
  if (state != Connection::State::handshake) {
    std::list<Connection*>& list = list_of(state);
    list.splice(list.end(), list_of(connection.state), connection.listed);
  }
  connection.state = state;
  if (state == Connection::State::room) connection.sending_since = now;
  if (state == Connection::State::request) connection.waiting_since = now;
}

std::list<Connection*>& Places::list_of(Connection::State state) {
  switch (state) {
    case Connection::State::handshake:
    case Connection::State::request:
      return incomplete_;
    case Connection::State::answer:
    case Connection::State::room:
      return asked_;
    case Connection::State::end_of_file:
      return closing_;
  }
  std::abort();  // -Wswitch keeps the list complete
}

Connection* Places::next_to_evict(base::TimePoint now, const Connection* spared) const {
  return first_to_go(now, spared, false);
}

Connection* Places::next_tls_to_evict(base::TimePoint now, const Connection* spared) const {
  return first_to_go(now, spared, true);
}

Connection* Places::first_to_go(base::TimePoint now, const Connection* spared, bool of_tls) const {
  for (const auto* list : {&closing_, &incomplete_}) {
    for (Connection* candidate : *list) {
      if (candidate != spared && candidate->uses_tls >= of_tls) return candidate;
    }
  }
  return slowest_reader(now, spared, of_tls);
}

// Looks at all of them: it is asked only when not one connection is incomplete.
Connection* Places::slowest_reader(base::TimePoint now, const Connection* spared,
                                   bool of_tls) const {
  Connection* slowest = nullptr;
  for (Connection* candidate : asked_) {
    if (candidate->state != Connection::State::room || candidate == spared) continue;
    if (candidate->uses_tls < of_tls) continue;
    if (!slowest || bytes_per_second(*candidate, now) < bytes_per_second(*slowest, now)) {
      slowest = candidate;
    }
  }
  return slowest;
}

}  // namespace http
