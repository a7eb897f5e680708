#include "schedule/probe_connection.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/log.h"
#include "fastcgi/transcript.h"

namespace schedule {
namespace {

std::size_t index_of(probe::Phase phase) {
  return static_cast<std::size_t>(phase);
}

}  // namespace

ProbeConnection::ProbeConnection(const Surroundings& around, std::string_view target,
                                 const base::Address& address, std::uint64_t key)
    : around_(around), target_(target), address_(address), key_(key) {
  const std::optional<base::SocketAddress> fixed = base::socket_address(address_);
  if (fixed) addresses_ = std::make_shared<const std::vector<base::SocketAddress>>(1, *fixed);
}

ProbeConnection::~ProbeConnection() {
  close();
}

ProbeConnection::Progress ProbeConnection::begin(const CheckPlan& check,
                                                 std::string_view check_name, base::TimePoint now) {
  assert(!is_under_way_);
  is_under_way_ = true;
  around_.in_flight.fetch_add(1, std::memory_order_relaxed);
  probe_ = std::make_unique<Probe>();
  probe_->began = now;
  probe_->request = check.request;
  probe_->check_name = check_name;
  return has_fixed_address() ? connect(now) : resolve(now);
}

std::optional<base::SocketAddress> ProbeConnection::asked_address() const {
  if (addresses_ == nullptr || addresses_->empty()) return std::nullopt;
  const bool is_still_one = asked_ && std::ranges::find(*addresses_, *asked_) != addresses_->end();
  return is_still_one ? *asked_ : addresses_->front();
}

ProbeConnection::Progress ProbeConnection::name_known(base::TimePoint now) {
  if (!is_under_way_ || !probe_->is_resolving) return Progress::under_way;
  return resolve(now);
}

// Also when the last answer is known: asking is what keeps it fresh. With any address at hand
// nobody waits.
ProbeConnection::Progress ProbeConnection::resolve(base::TimePoint now) {
  if (address_.transport == base::Transport::unix_socket) {
    return resolve_failed("the path is no usable socket address", now);
  }
  std::shared_ptr<const net::NameAnswer> answer =
      around_.lookups.find(address_.host, around_.when_name_known(key_));
  probe_->is_resolving =
      answer->addresses.empty() && answer->state == net::NameAnswer::State::pending;
  if (probe_->is_resolving) return Progress::under_way;
  if (answer->addresses.empty()) return resolve_failed(answer->problem, now);
  if (answer != name_answer_ || is_allowed_) use(*answer);
  if (!probe_->refused.empty()) return resolve_failed(probe_->refused, now);
  name_answer_ = std::move(answer);
  return connect(now);
}

void ProbeConnection::use(const net::NameAnswer& answer) {
  std::vector<base::SocketAddress> addresses = net::with_port(answer.addresses, address_.port);
  if (is_allowed_) {
    const std::string first = base::text(addresses.front());
    std::erase_if(addresses, [this](const auto& each) { return !is_allowed_(each); });
    if (addresses.empty()) {
      probe_->refused = address_.host + " means " + first;
      return;
    }
  }
  addresses_ = std::make_shared<const std::vector<base::SocketAddress>>(std::move(addresses));
}

void ProbeConnection::ask_at(const base::SocketAddress& address) {
  addresses_ = std::make_shared<const std::vector<base::SocketAddress>>(1, address);
  name_answer_ = nullptr;
}

ProbeConnection::Progress ProbeConnection::resolve_failed(std::string problem,
                                                          base::TimePoint now) {
  probe_->unasked = std::make_unique<probe::Attempt>();
  probe::Attempt& attempt = *probe_->unasked;
  attempt.end = probe::End::resolve_failed;
  attempt.reached = probe::Phase::resolve;
  attempt.phases[index_of(probe::Phase::resolve)] = now - probe_->began;
  attempt.problem = std::move(problem);
  end();
  return Progress::finished;
}

ProbeConnection::Progress ProbeConnection::connect(base::TimePoint now) {
  std::optional<DescriptorLease> lease = DescriptorLease::take(around_.descriptors);
  if (!lease) {
    close();
    return Progress::no_descriptor;
  }
  probe_->lease.emplace(std::move(*lease));
  connect_began_ = now;
  net::Exchange& exchange = probe_->exchange.emplace(
      net::ExchangeRequest{.addresses = addresses_,
                           .request = probe_->request,
                           .resolve_time = now - probe_->began,
                           .kept_bytes = base::log::enabled(base::log::Level::debug)
                                             ? net::kMaxTranscriptBytes
                                             : probe::kMaxConversationBytes},
      now);
  if (exchange.start(now) != net::Exchange::Start::under_way) return exchange_ended();
  return watch();
}

ProbeConnection::Progress ProbeConnection::advance(base::TimePoint now) {
  if (!has_exchange()) return Progress::under_way;
  return probe_->exchange->advance(now) ? exchange_ended() : watch();
}

void ProbeConnection::note_asked_address() {
  if (has_fixed_address()) return;
  const base::SocketAddress& address = probe_->exchange->address();
  if (asked_ == nullptr || *asked_ != address) {
    asked_ = std::make_unique<const base::SocketAddress>(address);
  }
}

ProbeConnection::Progress ProbeConnection::watch() {
  log_records();
  note_asked_address();
  if (probe_->exchange->wait_in(around_.events, key_)) return Progress::under_way;
  close();
  return Progress::no_descriptor;
}

ProbeConnection::Progress ProbeConnection::exchange_ended() {
  log_records();
  log_records("record received", probe_->exchange->received());
  note_asked_address();
  end();
  if (!probe_->exchange->ended_by_own_shortage()) return Progress::finished;
  forget_ended();
  return Progress::no_descriptor;
}

probe::Attempt ProbeConnection::timed_out(base::TimePoint now) {
  if (has_exchange()) {
    log_records("record received so far", probe_->exchange->received());
    return probe_->exchange->timed_out(now);
  }
  probe::Attempt attempt;
  attempt.end = probe::End::timed_out;
  attempt.reached = probe::Phase::resolve;
  attempt.elapsed = now - probe_->began;
  attempt.phases[index_of(probe::Phase::resolve)] = attempt.elapsed;
  close();
  return attempt;
}

probe::Conversation ProbeConnection::take_conversation() {
  if (probe_ == nullptr || !probe_->exchange) return {};
  net::Exchange& exchange = *probe_->exchange;
  std::string received =
      is_under_way_ ? std::string(exchange.received()) : exchange.take_received();
  if (received.size() > probe::kMaxConversationBytes) {
    received.resize(probe::kMaxConversationBytes);
    received.shrink_to_fit();
  }
  return {.request = probe_->request,
          .sent_bytes = exchange.sent_bytes(),
          .received = std::move(received),
          .received_bytes = exchange.received_bytes()};
}

void ProbeConnection::end() {
  if (!std::exchange(is_under_way_, false)) return;
  probe_->lease.reset();
  around_.in_flight.fetch_sub(1, std::memory_order_relaxed);
}

void ProbeConnection::close() {
  if (!is_under_way_) return;
  probe_->exchange.reset();
  end();
  forget_ended();
}

// The request leaves in one piece, as a rule within begin().
void ProbeConnection::log_records() {
  if (probe_->is_sent_logged || probe_->exchange->sent().empty()) return;
  probe_->is_sent_logged = true;
  log_records("record sent", probe_->exchange->sent());
}

void ProbeConnection::log_records(std::string_view message, std::string_view bytes) const {
  if (bytes.empty() || !base::log::enabled(base::log::Level::debug)) return;
  for (std::string& record : fastcgi::describe_records(bytes)) {
    base::log::debug(message, {{"target", std::string(target_)},
                               {"check", probe_->check_name},
                               {"record", std::move(record)}});
  }
}

}  // namespace schedule
