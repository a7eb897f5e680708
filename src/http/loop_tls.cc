// The TLS of the connections: begun at the first byte, shaken hands in the pool, then read and
// written like a plain one. While the pool has the channel, the connection has none.
#include <utility>

#include "base/log.h"
#include "http/loop.h"

namespace http {
namespace {

constexpr char kHandshakeRecord = 0x16;  // the first byte of each TLS client

bool may_be_http(std::string_view first_bytes) {
  return first_bytes.front() >= 'A' && first_bytes.front() <= 'Z';
}

}  // namespace

void Front::Loop::on_handshake_bytes(Connection& connection) {
  // Nothing is read while the pool works, so this is a hang-up.
  if (connection.uses_tls && !connection.tls) return close(connection);
  std::string_view bytes;
  switch (connection.receive_raw(scratch_, bytes)) {
    case Connection::Input::nothing:
      return;
    case Connection::Input::ended:
      return close(connection);
    case Connection::Input::bytes:
      break;
  }
  if (!connection.uses_tls && !begin_tls(connection, bytes)) return;
  connection.tls->feed(bytes);
  listen_for(connection, net::Interest::none);
  handshakes_->work_on(connection.id(), std::move(connection.tls));
}

// False: it is refused or closed.
bool Front::Loop::begin_tls(Connection& connection, std::string_view first_bytes) {
  if (first_bytes.front() != kHandshakeRecord) {
    refuse_without_tls(connection, first_bytes);
    return false;
  }
  if (!guard_.access().tls) {  // it was taken away since the connect
    close(connection);
    return false;
  }
  if (tls_connections_ >= options_.max_tls_connections) {
    Connection* victim = places_.next_tls_to_evict(events_.now(), &connection);
    ++evicted_;
    close(victim == nullptr ? connection : *victim);
    if (victim == nullptr) return false;
  }
  if (const auto oldest = handshakes_->begin(connection.id(), events_.now())) {
    ++evicted_;
    close(*places_.find(*oldest));
  }
  connection.tls = std::make_unique<TlsChannel>(guard_.access().tls);
  connection.uses_tls = true;
  ++tls_connections_;
  if (!connection.in_reserve) {
    set_deadline(connection, events_.now() + options_.handshake_deadline);
  }
  return true;
}

void Front::Loop::refuse_without_tls(Connection& connection, std::string_view first_bytes) {
  if (!may_be_http(first_bytes)) return close(connection);
  Answer answer =
      text_answer(400, "This is an HTTP request to an HTTPS server: write https:// in the URL.\n");
  answer.headers.emplace_back("X-Fastcgi-Error", "https-only");
  refuse(connection, std::move(answer));
}

void Front::Loop::on_handshake_step(Connection& connection, Handshakes::Step step) {
  connection.tls = std::move(step.channel);
  // Its flights are a few kilobytes, for which a new socket has room.
  const bool is_sent = connection.send_tls() == Connection::Sent::all;
  if (step.result == TlsChannel::Handshake::failed) return fail_handshake(connection);
  if (!is_sent) return close(connection);
  if (step.result == TlsChannel::Handshake::done) return finish_handshake(connection);
  listen_for(connection, net::Interest::read);
}

void Front::Loop::finish_handshake(Connection& connection) {
  handshakes_->end(connection.id());
  places_.enter(connection, Connection::State::request, events_.now());
  if (!connection.in_reserve) {
    connection.head_deadline_set = true;
    set_deadline(connection, events_.now() + options_.head_deadline);
  }
  // The first request often travels with the end of the handshake.
  switch (connection.decrypt(scratch_)) {
    case Connection::Input::bytes:
      return read_request(connection);
    case Connection::Input::nothing:
      return listen_for(connection, net::Interest::read);
    case Connection::Input::ended:
      return close(connection);
  }
}

// The client still gets the alert that says why.
void Front::Loop::fail_handshake(Connection& connection) {
  ++failed_handshakes_;
  if (base::log::enabled(base::log::Level::debug)) {
    base::log::debug("TLS handshake failed",
                     {{"peer", connection.peer()}, {"reason", connection.tls->failure()}});
  }
  handshakes_->end(connection.id());
  linger(connection);
}

}  // namespace http
