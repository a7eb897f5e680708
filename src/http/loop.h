// The front's thread: every connection from accept to close. Five parts, one class, because they
// share the connections: the turn (loop.cc), who may connect (loop_places.cc), their TLS
// (loop_tls.cc), who may ask (loop_guard.cc), and what is asked and answered (loop_exchange.cc).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/timers.h"
#include "http/body_budget.h"
#include "http/connection.h"
#include "http/engine.h"
#include "http/front.h"
#include "http/guard.h"
#include "http/handshakes.h"
#include "http/listener.h"
#include "http/places.h"
#include "http/pool.h"
#include "http/reply.h"
#include "http/route_table.h"
#include "net/event_loop.h"

namespace http {

class Front::Loop {
 public:
  Loop(FrontOptions options, std::vector<Route> routes);
  ~Loop();

  void run();

  // Any thread.
  void stop();
  const std::vector<base::Address>& bound() const { return bound_; }
  std::int64_t connections() const { return connections_; }
  std::uint64_t evicted() const { return evicted_; }
  std::uint64_t failed_handshakes() const { return failed_handshakes_; }
  void replace(std::shared_ptr<const Access> access);
  std::map<int, std::uint64_t> requests_by_code() const;
  base::TimePoint last_turn() const;

 private:
  static constexpr std::size_t kScratchBytes = 16 << 10;
  static constexpr int kLowestCode = 200;
  static constexpr int kHighestCode = 599;

  // The turn.
  void turn();
  base::TimePoint wake_time() const;
  void act_on(std::span<const net::Ready> ready);
  void serve_buffered();
  void expire_timers();
  void set_deadline(Connection& connection, base::TimePoint due);
  void expire(Connection& connection);
  void expire_request(Connection& connection);
  void begin_stop();
  bool is_finished() const;
  void close_all();

  // Who may connect.
  void accept_from(const Listener& listener);
  void admit(Accepted accepted);
  bool after_accept_error(int error);
  void pause_accepting(int error);
  void resume_accepting();
  bool evict_one(const Connection* spared);
  bool settle(Connection& connection);
  void close(Connection& connection);

  // Their TLS.
  void on_handshake_bytes(Connection& connection);
  bool begin_tls(Connection& connection, std::string_view first_bytes);
  void refuse_without_tls(Connection& connection, std::string_view first_bytes);
  void on_handshake_step(Connection& connection, Handshakes::Step step);
  void finish_handshake(Connection& connection);
  void fail_handshake(Connection& connection);
  void await_request(Connection& connection);

  // Who may ask. A request is handed on, not copied: it is taken by whoever keeps it.
  struct Asker {
    ConnectionId id;
    std::uint32_t exchange;
    Request request;
  };
  void admit_request(Connection& connection, Request&& request);
  void log_in(Connection& connection, Request&& request);
  void measure(Connection& connection, Request&& request, Measure login);
  void on_measured(const LoginKey& key, bool is_good);

  // What is asked and answered.
  void on_readable(Connection& connection);
  void read_request(Connection& connection);
  void await_more(Connection& connection);
  void await_body(Connection& connection);
  void serve(Connection& connection, Head head);
  void answer(Connection& connection, Request&& request);
  bool take_place(Connection& connection, const Route& route);
  void give_back_place(Connection& connection);
  void answer_elsewhere(Connection& connection, const Route& route, Request&& request);
  void refuse(Connection& connection, Answer answer);
  void give(Connection& connection, Answer answer);
  void send_more(Connection& connection);
  void finish(Connection& connection);
  void linger(Connection& connection);
  void listen_for(Connection& connection, net::Interest interest);
  void drain(Connection& connection);

  const FrontOptions options_;
  const HeadLimits limits_;
  const RouteTable routes_;
  std::vector<Listener> listeners_;  // the key of each in the event loop is its index
  const std::vector<base::Address> bound_;
  net::EventLoop events_;
  const std::shared_ptr<ReturnPath> path_;  // shared with the replies that are out

  // The front thread's.
  base::Timers timers_;  // by connection
  Places places_;
  BodyBudget bodies_;
  Engine engine_;
  Guard guard_;
  std::optional<Pool> pool_;                         // while run() runs
  std::optional<Handshakes> handshakes_;             // the same
  std::optional<Pool> passwords_;                    // the same
  std::map<LoginKey, std::vector<Asker>> measured_;  // who waits for which login
  std::size_t askers_ = 0;                           // in all of measured_, those gone included
  std::size_t tls_connections_ = 0;
  ConnectionId next_id_;
  std::size_t parked_ = 0;                         // replies that are out
  std::map<const Route*, std::size_t> places_on_;  // exchanges under way on limited routes
  std::vector<ConnectionId> buffered_;             // have sent their next request already
  std::optional<base::TimePoint> resume_accepting_at_;
  bool accept_failed_ = false;
  std::optional<base::TimePoint> stop_at_;  // set: stopping
  std::array<char, kScratchBytes> scratch_;

  // Any thread's.
  std::atomic<bool> stop_requested_{false};
  std::atomic<base::Duration::rep> last_turn_;
  std::atomic<std::int64_t> connections_{0};
  std::atomic<std::uint64_t> evicted_{0};
  std::atomic<std::uint64_t> failed_handshakes_{0};
  std::array<std::atomic<std::uint64_t>, kHighestCode - kLowestCode + 1> answers_{};  // by code
};

}  // namespace http
