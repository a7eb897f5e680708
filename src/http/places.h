// The open connections, and who has to go when there is no place for another. Pure but for the
// connections it owns; used by the front's thread.
//
// Of `max` places `reserved` are kept for requests that arrive complete at once, so that probes
// find one while all others are held by idle clients.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <unordered_map>

#include "base/time.h"
#include "http/connection.h"

namespace http {

class Places {
 public:
  struct Limits {
    std::size_t max;
    std::size_t reserved;
  };
  explicit Places(Limits limits);

  // REQUIRES: !is_full(). Takes a reserved place when the others are taken.
  Connection& add(std::unique_ptr<Connection> connection, base::TimePoint now);
  void remove(Connection& connection);  // destroys it
  Connection* find(ConnectionId id);    // null: it is gone

  bool is_full() const { return all_.size() >= limits_.max; }
  bool ordinary_are_taken() const {
    return all_.size() - in_reserve_ >= limits_.max - limits_.reserved;
  }
  // REQUIRES: !ordinary_are_taken().
  void leave_reserve(Connection& connection);

  // Every change of state goes through here: it decides who can be evicted. `now` never goes back.
  // No memory is taken or given back: two of these come with each request.
  void enter(Connection& connection, Connection::State state, base::TimePoint now);

  // Who goes first: the one that has been without a complete request for longest (those that only
  // have to close before all), then the slowest reader. Never `spared`, never one whose answer is
  // being made. Null when there is nobody.
  Connection* next_to_evict(base::TimePoint now, const Connection* spared) const;
  // The same among those that use TLS, whose memory is what runs short. Looks at all that are
  // older.
  Connection* next_tls_to_evict(base::TimePoint now, const Connection* spared) const;

  std::size_t size() const { return all_.size(); }
  template <typename Visit>
  void for_each(Visit visit) {
    for (auto& [id, connection] : all_) visit(*connection);
  }

 private:
  std::list<Connection*>& list_of(Connection::State state);
  Connection* first_to_go(base::TimePoint now, const Connection* spared, bool of_tls) const;
  Connection* slowest_reader(base::TimePoint now, const Connection* spared, bool of_tls) const;

  const Limits limits_;
  std::unordered_map<ConnectionId, std::unique_ptr<Connection>> all_;
  std::size_t in_reserve_ = 0;
  // Each connection is in one of these.
  std::list<Connection*> closing_;     // only have to close
  std::list<Connection*> incomplete_;  // the one that has waited longest first
  std::list<Connection*> asked_;       // have asked, in any order
};

}  // namespace http
