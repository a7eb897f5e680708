// The input and output of one target's probes, one at a time: its name is looked up, a descriptor
// of the budget taken, the exchange driven and watched in the worker's event loop. Calls nobody
// back; owned by the target's worker thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "net/event_loop.h"
#include "net/exchange.h"
#include "net/lookups.h"
#include "probe/attempt.h"
#include "probe/conversation.h"
#include "schedule/descriptors.h"
#include "schedule/plan.h"

namespace schedule {

// What the connections of one worker share; outlives them.
struct Surroundings {
  net::EventLoop& events;
  net::Lookups& lookups;
  DescriptorBudget& descriptors;
  std::atomic<std::int64_t>& in_flight;  // probes begun whose exchange is not gone, judged or not
  // Made for a connection's key: to be called on any thread, also when the connection is gone; it
  // is to bring about a call of name_known().
  std::function<std::function<void()>(std::uint64_t)> when_name_known;
};

class ProbeConnection {
 public:
  // `key` is the lane's in the event loop. `target`, for the log, and `address` outlive this
  // object.
  ProbeConnection(const Surroundings& around, std::string_view target, const base::Address& address,
                  std::uint64_t key);
  ~ProbeConnection();
  ProbeConnection(const ProbeConnection&) = delete;
  ProbeConnection& operator=(const ProbeConnection&) = delete;

  enum class Progress : std::uint8_t {
    under_way,
    finished,       // attempt() has it
    no_descriptor,  // of the budget or of the kernel; nothing is open
  };
  // REQUIRES: nothing under way.
  Progress begin(const CheckPlan& check, std::string_view check_name, base::TimePoint now);
  // A pending look-up may have ended.
  Progress name_known(base::TimePoint now);
  // The socket may be ready.
  Progress advance(base::TimePoint now);

  // Where the last probe was asked, or the next one will be first; nothing while the name was never
  // looked up.
  std::optional<base::SocketAddress> asked_address() const;
  // A path, an IP literal or what ask_at() said: asked_address() is always that one.
  bool has_fixed_address() const { return addresses_ != nullptr && name_answer_ == nullptr; }
  base::TimePoint connect_began() const { return connect_began_; }  // of the last probe
  const base::Address& address() const { return address_; }
  // An open one, of the probe under way.
  bool has_exchange() const { return is_under_way_ && probe_->exchange; }
  bool is_connected() const { return has_exchange() && probe_->exchange->is_connected(); }
  // What the probe under way would be if it ended now. An exchange stays open for a late answer, a
  // look-up does not.
  probe::Attempt timed_out(base::TimePoint now);
  // REQUIRES: finished, and not forgotten.
  const probe::Attempt& attempt() const {
    return probe_->unasked ? *probe_->unasked : probe_->exchange->attempt();
  }
  // What the last probe, or the one under way, has sent and received so far.
  probe::Conversation take_conversation();
  void close();
  // What is still kept of a probe that has ended: most of what a connection takes.
  void forget_ended() {
    if (!is_under_way_ && probe_) probe_.reset();
  }

  // From the next probe on. An address that is fixed, instead of the one this was made with.
  void ask_at(const base::SocketAddress& address);
  // Of the addresses that a name has, only those that `is_allowed` takes; when there is none, the
  // probe ends with refused(), which says why.
  using AddressFilter = std::function<bool(const base::SocketAddress&)>;
  void restrict_to(AddressFilter is_allowed) { is_allowed_ = std::move(is_allowed); }
  std::string refused() const { return probe_ ? probe_->refused : std::string(); }

 private:
  using Addresses = std::shared_ptr<const std::vector<base::SocketAddress>>;

  // A probe, until it is forgotten: the idle need no room for it, which nearly all are.
  struct Probe {
    base::TimePoint began{};
    std::shared_ptr<const std::string> request;
    std::string check_name;
    bool is_resolving = false;
    bool is_sent_logged = false;
    // Before the exchange: given back after its socket is closed.
    std::optional<DescriptorLease> lease;
    std::optional<net::Exchange> exchange;
    std::unique_ptr<probe::Attempt> unasked;  // it ended without an exchange
    std::string refused;
  };

  Progress resolve(base::TimePoint now);
  Progress resolve_failed(std::string problem, base::TimePoint now);
  void use(const net::NameAnswer& answer);
  Progress connect(base::TimePoint now);
  Progress watch();
  Progress exchange_ended();
  void end();
  void note_asked_address();
  void log_records();
  void log_records(std::string_view message, std::string_view bytes) const;

  const Surroundings& around_;
  const std::string_view target_;
  const base::Address& address_;
  const std::uint64_t key_;

  Addresses addresses_;  // fixed, or the name's last good ones; null before
  std::shared_ptr<const net::NameAnswer> name_answer_;  // that addresses_ came from
  AddressFilter is_allowed_;                            // null: every address

  base::TimePoint connect_began_{};                   // of the last probe
  std::unique_ptr<const base::SocketAddress> asked_;  // of a name's addresses; null: none yet
  bool is_under_way_ = false;
  std::unique_ptr<Probe> probe_;  // null: none, or forgotten
};

}  // namespace schedule
