#include "http/places.h"

#include <algorithm>

namespace http {
namespace {

bool is_incomplete(Connection::State state) {
  return state == Connection::State::handshake || state == Connection::State::request ||
         state == Connection::State::end_of_file;
}

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
  incomplete_.emplace(now, added.id());
  all_.emplace(added.id(), std::move(connection));
  return added;
}

void Places::remove(Connection& connection) {
  forget_incomplete(connection);
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
  forget_incomplete(connection);
  connection.state = state;
  if (state == Connection::State::room) connection.sending_since = now;
  if (!is_incomplete(state)) return;
  if (state == Connection::State::request) connection.waiting_since = now;
  if (state == Connection::State::end_of_file) connection.waiting_since = base::TimePoint();
  incomplete_.emplace(connection.waiting_since, connection.id());
}

Connection* Places::next_to_evict(base::TimePoint now, const Connection* spared) const {
  return first_to_go(now, spared, false);
}

Connection* Places::next_tls_to_evict(base::TimePoint now, const Connection* spared) const {
  return first_to_go(now, spared, true);
}

Connection* Places::first_to_go(base::TimePoint now, const Connection* spared, bool of_tls) const {
  for (const auto& [since, id] : incomplete_) {
    Connection* candidate = all_.at(id).get();
    if (candidate != spared && candidate->uses_tls >= of_tls) return candidate;
  }
  return slowest_reader(now, spared, of_tls);
}

// Looks at all: it is asked only when not one connection is incomplete.
Connection* Places::slowest_reader(base::TimePoint now, const Connection* spared,
                                   bool of_tls) const {
  Connection* slowest = nullptr;
  for (const auto& [id, connection] : all_) {
    if (connection->state != Connection::State::room || connection.get() == spared) continue;
    if (connection->uses_tls < of_tls) continue;
    if (!slowest || bytes_per_second(*connection, now) < bytes_per_second(*slowest, now)) {
      slowest = connection.get();
    }
  }
  return slowest;
}

void Places::forget_incomplete(const Connection& connection) {
  if (is_incomplete(connection.state)) {
    incomplete_.erase({connection.waiting_since, connection.id()});
  }
}

}  // namespace http
