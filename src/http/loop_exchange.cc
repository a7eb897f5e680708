// What is asked and answered: one exchange after the other on each connection.
#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "http/loop.h"

namespace http {
namespace {

// How long, and for how many bytes, we wait for a client to read an answer that we close after.
// Closing with unread bytes would reset the connection, and could destroy the answer on its way.
constexpr base::Duration kLinger = std::chrono::seconds(1);
constexpr std::uint64_t kMaxLingerBytes = 256 << 10;

// A page that has such a header of its own knows better what it needs.
void add_missing(const Headers& headers, Answer& answer) {
  for (const auto& header : headers) {
    const bool has_it = std::ranges::any_of(answer.headers, [&](const auto& own) {
      return base::equals_ignoring_case(own.first, header.first);
    });
    if (!has_it) answer.headers.push_back(header);
  }
}

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

Answer no_route_answer(const RouteMatch& match) {
  if (match.allow.empty()) return text_answer(404, "There is no such page; / lists them.\n");
  Answer answer = text_answer(405, "This page takes only: " + match.allow + "\n");
  answer.headers.emplace_back("Allow", match.allow);
  return answer;
}

}  // namespace

void Front::Loop::on_readable(Connection& connection) {
  switch (connection.state) {
    case Connection::State::handshake:
      return on_handshake_bytes(connection);
    case Connection::State::request:
      switch (connection.receive(scratch_)) {
        case Connection::Input::bytes:
          return read_request(connection);
        case Connection::Input::nothing:
          return;
        case Connection::Input::ended:
          return close(connection);
      }
      return;
    case Connection::State::answer:
      // Nothing is read now, so this is a hang-up: there is nobody to answer any more. A client
      // that only ended its sending raises no event here, and gets its answer.
      return close(connection);
    case Connection::State::room:
      return;  // broken: sending will say so
    case Connection::State::end_of_file:
      return drain(connection);
  }
}

void Front::Loop::read_request(Connection& connection) {
  switch (connection.reader.step(limits_)) {
    case RequestReader::Step::need_more:
      return await_more(connection);
    case RequestReader::Step::body_awaited:
      return await_body(connection);
    case RequestReader::Step::complete:
      return serve(connection, connection.reader.take());
    case RequestReader::Step::refused: {
      const Refusal& refusal = connection.reader.refusal();
      return refuse(connection, text_answer(refusal.status, std::string(refusal.reason) + ".\n"));
    }
  }
}

void Front::Loop::await_more(Connection& connection) {
  if (!settle(connection)) return;
  if (!std::exchange(connection.head_deadline_set, true)) {
    set_deadline(connection, events_.now() + options_.head_deadline);
  }
  listen_for(connection, net::Interest::read);
}

// Nobody is asked to send a body that no route wants, and who may not ask learns no more than that.
void Front::Loop::await_body(Connection& connection) {
  const Head& head = connection.reader.head();
  const RouteMatch match = routes_.find(head.request.method, head.request.path);
  if (match.route == nullptr) return serve(connection, connection.reader.take_without_body());
  if (head.expects_continue) connection.send_now(kContinue);
  await_more(connection);
}

void Front::Loop::serve(Connection& connection, Head head) {
  ++connection.exchange;
  connection.head_deadline_set = false;
  connection.keep_alive =
      head.keep_alive && !head.ends_unread && !connection.in_reserve && !stop_at_;
  connection.is_http_1_0 = head.is_http_1_0;
  connection.head_only = head.request.method == Method::head;
  connection.linger = head.ends_unread;
  Request& request = head.request;
  request.peer = connection.peer();
  if (base::log::enabled(base::log::Level::debug)) {
    base::log::debug("http request", {{"path", request.path}, {"peer", request.peer}});
  }
  admit_request(connection, std::move(request));
}

void Front::Loop::answer(Connection& connection, Request&& request) {
  RouteMatch match = routes_.find(request.method, request.path);
  if (match.route == nullptr) return give(connection, no_route_answer(match));
  if (!take_place(connection, *match.route)) {
    return give(connection, busy_answer("Too many requests for this page are under way.\n"));
  }
  request.name = std::move(match.name);
  if (match.route->cost == Cost::inline_answer) {
    return give(connection, answer_of(*match.route, request));
  }
  answer_elsewhere(connection, *match.route, std::move(request));
}

bool Front::Loop::take_place(Connection& connection, const Route& route) {
  if (route.max_at_once == 0) return true;
  std::size_t& taken = places_on_[&route];
  if (taken >= route.max_at_once) return false;
  ++taken;
  connection.place_on = &route;
  return true;
}

void Front::Loop::give_back_place(Connection& connection) {
  if (connection.place_on == nullptr) return;
  --places_on_[std::exchange(connection.place_on, nullptr)];
}

void Front::Loop::answer_elsewhere(Connection& connection, const Route& route, Request&& request) {
  if (route.cost == Cost::parked && parked_ >= options_.max_parked) {
    return give(connection, busy_answer("Too many requests of this kind wait already.\n"));
  }
  const bool is_parked = route.cost == Cost::parked;
  const auto deliver = [this, is_parked, id = connection.id(),
                        exchange = connection.exchange](Answer answer) {
    if (is_parked) --parked_;
    Connection* asker = places_.find(id);
    const bool waits = asker && asker->state == Connection::State::answer;
    if (waits && asker->exchange == exchange) give(*asker, std::move(answer));
  };
  Reply reply = make_reply(path_, deliver);
  places_.enter(connection, Connection::State::answer, events_.now());
  listen_for(connection, net::Interest::none);
  if (is_parked) {
    ++parked_;
    return ask_later(route, request, std::move(reply));
  }
  const bool is_taken = pool_->submit(
      [&route, request = std::move(request), reply] { reply(answer_of(route, request)); });
  if (!is_taken) give(connection, busy_answer("Too many pages are being made already.\n"));
}

// An answer after which nothing more is read: the rest of the input cannot be trusted.
void Front::Loop::refuse(Connection& connection, Answer answer) {
  connection.keep_alive = false;
  connection.is_http_1_0 = false;
  connection.head_only = false;
  connection.linger = true;
  give(connection, std::move(answer));
}

void Front::Loop::give(Connection& connection, Answer answer) {
  // Not held while it is sent: 40 slow readers would keep everybody else from scraping.
  give_back_place(connection);
  if (answer.status < kLowestCode || answer.status > kHighestCode) answer.status = 500;
  if (!connection.head_only && !bodies_.admit(answer.body, body_bytes(answer))) {
    answer = busy_answer("Too many large answers are being sent already.\n");
  }
  add_missing(guard_.access().headers, answer);
  const auto code = static_cast<std::size_t>(answer.status - kLowestCode);
  answers_[code].fetch_add(1, std::memory_order_relaxed);
  std::string head = engine_.head(
      answer, {.head_only = connection.head_only,
               .is_http_1_0 = connection.is_http_1_0,
               .keep_alive = connection.keep_alive,
               .date = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())});
  if (connection.head_only) answer.body.reset();
  connection.output.start(std::move(head), std::move(answer.body));
  connection.sent_bytes = 0;
  places_.enter(connection, Connection::State::room, events_.now());
  send_more(connection);
}

void Front::Loop::send_more(Connection& connection) {
  switch (connection.send(options_.send_bytes_per_turn)) {
    case Connection::Sent::all:
      return finish(connection);
    case Connection::Sent::failed:
      return close(connection);
    case Connection::Sent::some:
      if (connection.interest == net::Interest::write) return;
      connection.counted_bytes = connection.sent_bytes;
      set_deadline(connection, events_.now() + options_.send_deadline);
      return listen_for(connection, net::Interest::write);
  }
}

void Front::Loop::finish(Connection& connection) {
  bodies_.release(connection.output.body().get());
  connection.output.clear();
  if (!connection.keep_alive) {
    if (connection.linger || !connection.reader.is_empty()) return linger(connection);
    connection.end_tls();
    return close(connection);
  }
  places_.enter(connection, Connection::State::request, events_.now());
  set_deadline(connection, events_.now() + options_.idle_deadline);
  // What the client sent ahead raises no event any more.
  if (connection.reader.is_empty()) return listen_for(connection, net::Interest::read);
  buffered_.push_back(connection.id());
  listen_for(connection, net::Interest::none);
}

void Front::Loop::linger(Connection& connection) {
  connection.end_sending();
  places_.enter(connection, Connection::State::end_of_file, events_.now());
  set_deadline(connection, events_.now() + kLinger);
  listen_for(connection, net::Interest::read);
}

void Front::Loop::listen_for(Connection& connection, net::Interest interest) {
  if (connection.interest == interest) return;
  connection.interest = interest;
  events_.change(connection.fd(), connection.id(), interest);
}

void Front::Loop::drain(Connection& connection) {
  const Connection::Input input = connection.discard(scratch_);
  if (input == Connection::Input::bytes) connection.drained_bytes += scratch_.size();
  if (input == Connection::Input::ended || connection.drained_bytes > kMaxLingerBytes) {
    close(connection);
  }
}

}  // namespace http
