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
                                 base::Address address, std::uint64_t key,
                                 std::function<void()> when_name_known)
    : around_(around),
      target_(target),
      address_(std::move(address)),
      key_(key),
      when_name_known_(std::move(when_name_known)) {
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
  is_sent_logged_ = false;
  around_.in_flight.fetch_add(1, std::memory_order_relaxed);
  began_ = now;
  conversation_ = {};
  request_ = check.request;
  check_name_ = check_name;
  refused_.clear();
  return has_fixed_address() ? connect(now) : resolve(now);
}

std::optional<base::SocketAddress> ProbeConnection::asked_address() const {
  if (addresses_ == nullptr || addresses_->empty()) return std::nullopt;
  const bool is_still_one = asked_ && std::ranges::find(*addresses_, *asked_) != addresses_->end();
  return is_still_one ? *asked_ : addresses_->front();
}

ProbeConnection::Progress ProbeConnection::name_known(base::TimePoint now) {
  if (!is_resolving_) return Progress::under_way;
  return resolve(now);
}

// Also when the last answer is known: asking is what keeps it fresh. With any address at hand
// nobody waits.
ProbeConnection::Progress ProbeConnection::resolve(base::TimePoint now) {
  if (address_.transport == base::Transport::unix_socket) {
    return resolve_failed("the path is no usable socket address", now);
  }
  std::shared_ptr<const net::NameAnswer> answer =
      around_.lookups.find(address_.host, when_name_known_);
  is_resolving_ = answer->addresses.empty() && answer->state == net::NameAnswer::State::pending;
  if (is_resolving_) return Progress::under_way;
  if (answer->addresses.empty()) return resolve_failed(answer->problem, now);
  if (answer != name_answer_ || is_allowed_) use(*answer);
  if (!refused_.empty()) return resolve_failed(refused_, now);
  name_answer_ = std::move(answer);
  return connect(now);
}

void ProbeConnection::use(const net::NameAnswer& answer) {
  std::vector<base::SocketAddress> addresses = net::with_port(answer.addresses, address_.port);
  if (is_allowed_) {
    const std::string first = base::text(addresses.front());
    std::erase_if(addresses, [this](const auto& each) { return !is_allowed_(each); });
    if (addresses.empty()) {
      refused_ = address_.host + " means " + first;
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
  attempt_ = probe::Attempt();
  attempt_.end = probe::End::resolve_failed;
  attempt_.reached = probe::Phase::resolve;
  attempt_.phases[index_of(probe::Phase::resolve)] = now - began_;
  attempt_.problem = std::move(problem);
  close();
  return Progress::finished;
}

ProbeConnection::Progress ProbeConnection::connect(base::TimePoint now) {
  std::optional<DescriptorLease> lease = DescriptorLease::take(around_.descriptors);
  if (!lease) {
    close();
    return Progress::no_descriptor;
  }
  lease_.emplace(std::move(*lease));
  connect_began_ = now;
  exchange_.emplace(net::ExchangeRequest{.addresses = addresses_,
                                         .request = request_,
                                         .resolve_time = now - began_,
                                         .kept_bytes = base::log::enabled(base::log::Level::debug)
                                                           ? net::kMaxTranscriptBytes
                                                           : probe::kMaxConversationBytes},
                    now);
  if (exchange_->start(now) != net::Exchange::Start::under_way) return exchange_ended();
  return watch();
}

ProbeConnection::Progress ProbeConnection::advance(base::TimePoint now) {
  if (!exchange_) return Progress::under_way;
  return exchange_->advance(now) ? exchange_ended() : watch();
}

void ProbeConnection::note_asked_address() {
  if (!has_fixed_address()) asked_ = exchange_->address();
}

ProbeConnection::Progress ProbeConnection::watch() {
  log_records();
  note_asked_address();
  if (exchange_->wait_in(around_.events, key_)) return Progress::under_way;
  close();
  return Progress::no_descriptor;
}

ProbeConnection::Progress ProbeConnection::exchange_ended() {
  log_records();
  log_records("record received", exchange_->received());
  note_asked_address();
  const bool is_ours = exchange_->ended_by_own_shortage();
  attempt_ = exchange_->take_attempt();
  conversation_ = conversation(exchange_->take_received());
  close();
  return is_ours ? Progress::no_descriptor : Progress::finished;
}

probe::Attempt ProbeConnection::timed_out(base::TimePoint now) {
  if (exchange_) {
    log_records("record received so far", exchange_->received());
    return exchange_->timed_out(now);
  }
  probe::Attempt attempt;
  attempt.end = probe::End::timed_out;
  attempt.reached = probe::Phase::resolve;
  attempt.phases[index_of(probe::Phase::resolve)] = now - began_;
  attempt.elapsed = now - began_;
  close();
  return attempt;
}

probe::Attempt ProbeConnection::take_attempt() {
  return std::move(attempt_);
}

probe::Conversation ProbeConnection::take_conversation() {
  if (!exchange_) return std::exchange(conversation_, {});
  return conversation(std::string(exchange_->received()));
}

probe::Conversation ProbeConnection::conversation(std::string received) const {
  if (received.size() > probe::kMaxConversationBytes) {
    received.resize(probe::kMaxConversationBytes);
    received.shrink_to_fit();
  }
  return {.request = request_,
          .sent_bytes = exchange_->sent_bytes(),
          .received = std::move(received),
          .received_bytes = exchange_->received_bytes()};
}

void ProbeConnection::close() {
  exchange_.reset();
  lease_.reset();
  is_resolving_ = false;
  if (std::exchange(is_under_way_, false)) {
    around_.in_flight.fetch_sub(1, std::memory_order_relaxed);
  }
}

// The request leaves in one piece, as a rule within begin().
void ProbeConnection::log_records() {
  if (is_sent_logged_ || exchange_->sent().empty()) return;
  is_sent_logged_ = true;
  log_records("record sent", exchange_->sent());
}

void ProbeConnection::log_records(std::string_view message, std::string_view bytes) const {
  if (bytes.empty() || !base::log::enabled(base::log::Level::debug)) return;
  for (std::string& record : fastcgi::describe_records(bytes)) {
    base::log::debug(
        message,
        {{"target", std::string(target_)}, {"check", check_name_}, {"record", std::move(record)}});
  }
}

}  // namespace schedule
