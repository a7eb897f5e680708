#include "http/loop.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace http {
namespace {

constexpr base::Duration kStopGrace = std::chrono::seconds(1);     // for answers in flight
constexpr base::Duration kLongestSleep = std::chrono::seconds(1);  // last_turn() shows a live loop
// A reader has to take that much within each send deadline: some progress is not enough to hold a
// body for ever.
constexpr std::uint64_t kLeastProgressBytes = 16 << 10;

std::vector<Listener> listen_on(const FrontOptions& options) {
  std::vector<Listener> listeners;
  listeners.reserve(options.adopted.size() + options.listen.size());
  for (const int fd : options.adopted) listeners.emplace_back(base::UniqueFd(fd));
  for (const base::Address& address : options.listen) listeners.emplace_back(address);
  return listeners;
}

std::vector<base::Address> bound_addresses(const std::vector<Listener>& listeners) {
  std::vector<base::Address> bound;
  bound.reserve(listeners.size());
  for (const Listener& listener : listeners) bound.push_back(listener.bound());
  return bound;
}

}  // namespace

Front::Loop::Loop(FrontOptions options, std::vector<Route> routes)
    : options_(std::move(options)),
      limits_{.max_head_bytes = options_.max_head_bytes, .max_body_bytes = options_.max_body_bytes},
      routes_(std::move(routes)),
      listeners_(listen_on(options_)),
      bound_(bound_addresses(listeners_)),
      path_(std::make_shared<ReturnPath>(events_)),
      places_({.max = options_.max_connections, .reserved = options_.reserved_connections}),
      bodies_(options_.max_response_bytes_in_flight),
      guard_(options_.open_paths),
      next_id_(listeners_.size()),
      last_turn_(base::Clock::now().time_since_epoch().count()) {
  guard_.replace(options_.access);
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    if (!events_.watch(listeners_[i].fd(), i, net::Interest::read)) {
      throw std::system_error(errno, std::generic_category(),
                              "cannot listen on " + bound_[i].text());
    }
  }
}

// Replies that are still out find nobody.
Front::Loop::~Loop() {
  path_->close();
}

void Front::Loop::run() {
  pool_.emplace(Pool::Size{.threads = options_.page_threads, .queue = options_.page_queue});
  passwords_.emplace(Pool::Size{.threads = 1, .queue = options_.password_queue});
  handshakes_.emplace(options_.max_handshakes, path_,
                      [this](ConnectionId id, Handshakes::Step step) {
                        if (Connection* connection = places_.find(id))
                          on_handshake_step(*connection, std::move(step));
                      });
  while (!is_finished()) turn();
  close_all();
  handshakes_.reset();
  passwords_.reset();
  pool_.reset();
}

void Front::Loop::stop() {
  stop_requested_ = true;
  events_.wake();
}

void Front::Loop::replace(std::shared_ptr<const Access> access) {
  path_->post([this, access = std::move(access)] { guard_.replace(access); });
}

base::TimePoint Front::Loop::last_turn() const {
  return base::TimePoint(base::Duration(last_turn_.load(std::memory_order_relaxed)));
}

std::map<int, std::uint64_t> Front::Loop::requests_by_code() const {
  std::map<int, std::uint64_t> counts;
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    const std::uint64_t count = answers_[i].load(std::memory_order_relaxed);
    if (count > 0) counts.emplace(kLowestCode + static_cast<int>(i), count);
  }
  return counts;
}

void Front::Loop::turn() {
  const std::span<const net::Ready> ready = events_.wait(wake_time());
  last_turn_.store(events_.now().time_since_epoch().count(), std::memory_order_relaxed);
  if (stop_requested_ && !stop_at_) begin_stop();
  serve_buffered();
  act_on(ready);
  events_.run_posted();
  expire_timers();
}

base::TimePoint Front::Loop::wake_time() const {
  if (!buffered_.empty()) return events_.now();
  base::TimePoint wake = events_.now() + kLongestSleep;
  for (const auto& due : {timers_.next_due(), resume_accepting_at_, stop_at_}) {
    if (due) wake = std::min(wake, *due);
  }
  return wake;
}

// Requests before large answers that go on: whoever asks now waits for nobody's 256 KiB.
void Front::Loop::act_on(std::span<const net::Ready> ready) {
  for (const net::Ready& each : ready) {
    if (!each.readable) continue;
    if (each.key < listeners_.size()) {
      accept_from(listeners_[each.key]);
    } else if (Connection* connection = places_.find(each.key)) {
      on_readable(*connection);
    }
  }
  for (const net::Ready& each : ready) {
    Connection* connection = each.writable ? places_.find(each.key) : nullptr;
    if (connection && connection->interest == net::Interest::write) send_more(*connection);
  }
}

// One request per connection and turn, however many it has sent ahead.
void Front::Loop::serve_buffered() {
  for (const ConnectionId id : std::exchange(buffered_, {})) {
    Connection* connection = places_.find(id);
    if (connection && connection->state == Connection::State::request) read_request(*connection);
  }
}

void Front::Loop::expire_timers() {
  while (const auto id = timers_.pop_due(events_.now())) {
    Connection* connection = places_.find(*id);
    if (connection == nullptr) continue;
    connection->timer_at = base::TimePoint::max();
    if (connection->due > events_.now()) {
      set_deadline(*connection, connection->due);
    } else {
      expire(*connection);
    }
  }
  if (resume_accepting_at_ && *resume_accepting_at_ <= events_.now()) resume_accepting();
}

// A deadline that moves on, as with each request of a kept connection, leaves the timer alone: it
// comes too early then, and is set again.
void Front::Loop::set_deadline(Connection& connection, base::TimePoint due) {
  connection.due = due;
  if (connection.timer_at <= due) return;
  connection.timer_at = due;
  timers_.set(connection.id(), due);
}

void Front::Loop::expire(Connection& connection) {
  switch (connection.state) {
    case Connection::State::handshake:
    case Connection::State::request:
      return expire_request(connection);
    case Connection::State::answer:
      return;  // of the request before; whoever holds the reply has deadlines of their own
    case Connection::State::room:
      if (connection.sent_bytes < connection.counted_bytes + kLeastProgressBytes) {
        close(connection);
      } else {
        connection.counted_bytes = connection.sent_bytes;
        set_deadline(connection, events_.now() + options_.send_deadline);
      }
      return;
    case Connection::State::end_of_file:
      close(connection);
      return;
  }
}

void Front::Loop::expire_request(Connection& connection) {
  const base::TimePoint deadline = connection.waiting_since + options_.head_deadline;
  if (connection.in_reserve && events_.now() < deadline) {
    if (settle(connection)) set_deadline(connection, deadline);
  } else if (connection.reader.is_empty()) {  // a handshake, too
    close(connection);
  } else {
    refuse(connection, text_answer(408, "The rest of the request did not come in time.\n"));
  }
}

// Nobody new; those who have asked get their answer if it takes no longer than the grace.
void Front::Loop::begin_stop() {
  stop_at_ = events_.now() + kStopGrace;
  for (const Listener& listener : listeners_) events_.forget(listener.fd());
  listeners_.clear();
  resume_accepting_at_.reset();
  std::vector<Connection*> unasked;
  places_.for_each([&unasked](Connection& connection) {
    connection.keep_alive = false;
    const bool has_asked = connection.state == Connection::State::answer ||
                           connection.state == Connection::State::room;
    if (!has_asked) unasked.push_back(&connection);
  });
  for (Connection* connection : unasked) close(*connection);
}

bool Front::Loop::is_finished() const {
  return stop_at_ && (places_.size() == 0 || *stop_at_ <= events_.now());
}

void Front::Loop::close_all() {
  std::vector<Connection*> open;
  places_.for_each([&open](Connection& connection) { open.push_back(&connection); });
  for (Connection* connection : open) close(*connection);
}

}  // namespace http
