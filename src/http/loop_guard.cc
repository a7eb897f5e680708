// Who may ask: each request comes through here before any page is looked for.
#include <algorithm>
#include <utility>

#include "http/loop.h"

namespace http {

void Front::Loop::admit_request(Connection& connection, Request&& request) {
  if (guard_.is_open(routes_.find(request.method, request.path), request.path)) {
    return answer(connection, std::move(request));
  }
  if (!guard_.grant(events_.now())) return give(connection, too_many_requests());
  log_in(connection, std::move(request));
}

void Front::Loop::log_in(Connection& connection, Request&& request) {
  auto login = guard_.login(request.authorization);
  if (auto* unknown = std::get_if<Measure>(&login)) {
    return measure(connection, std::move(request), std::move(*unknown));
  }
  if (std::get<Guard::Login>(login) == Guard::Login::bad) return give(connection, login_required());
  answer(connection, std::move(request));
}

// Whoever logs in the same way meanwhile waits with the first: a login is measured once. Nobody who
// waits can be evicted, and the requests of those who have left are kept, too: without a limit
// strangers would hold every place, or memory without end.
void Front::Loop::measure(Connection& connection, Request&& request, Measure login) {
  if (askers_ >= std::min(options_.max_waiting_for_login, options_.max_connections / 2 + 1)) {
    return give(connection, busy_answer("Too many requests wait for a login already.\n"));
  }
  places_.enter(connection, Connection::State::answer, events_.now());
  listen_for(connection, net::Interest::none);
  const LoginKey key = login.key;
  std::vector<Asker>& askers = measured_[key];
  askers.push_back({connection.id(), connection.exchange, std::move(request)});
  ++askers_;
  if (askers.size() > 1) return;
  const bool is_taken = passwords_->submit([this, path = path_, login = std::move(login)] {
    const bool is_good = fits(login.hash, login.password) && login.is_known;
    path->post([this, key = login.key, is_good] { on_measured(key, is_good); });
  });
  if (is_taken) return;
  measured_.erase(key);
  --askers_;
  give(connection, busy_answer("Too many logins wait already.\n"));
}

// Asked again, since the users may have changed meanwhile.
void Front::Loop::on_measured(const LoginKey& key, bool is_good) {
  guard_.remember(key, is_good);
  auto askers = measured_.extract(key);
  if (askers.empty()) return;
  askers_ -= askers.mapped().size();
  for (Asker& asker : askers.mapped()) {
    Connection* connection = places_.find(asker.id);
    const bool waits = connection && connection->state == Connection::State::answer &&
                       connection->exchange == asker.exchange;
    if (waits) log_in(*connection, std::move(asker.request));
  }
}

}  // namespace http
