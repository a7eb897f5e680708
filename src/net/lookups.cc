#include "net/lookups.h"

#include <netinet/in.h>

#include <algorithm>
#include <deque>
#include <stdexcept>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/log.h"
#include "base/mutex.h"
#include "net/event_loop.h"
#include "net/resolver.h"

namespace net {
namespace {

using SharedAnswer = std::shared_ptr<const NameAnswer>;

// Not every forgotten name costs a turn of its own, and the table is not walked without end.
constexpr base::Duration kMinSweepInterval = std::chrono::milliseconds(10);
constexpr base::Duration kMaxSweepInterval = std::chrono::minutes(1);

SharedAnswer answer_of(NameAnswer answer) {
  return std::make_shared<const NameAnswer>(std::move(answer));
}

SharedAnswer too_many_names() {
  return answer_of({.state = NameAnswer::State::failed,
                    .addresses = {},
                    .problem = "more than " + std::to_string(kMaxNames) +
                               " names are in use; give IP addresses instead of names"});
}

// The last good addresses outlive any number of failures.
SharedAnswer next_answer(const NameAnswer& before, Resolver::Answer news) {
  if (!news.addresses.empty()) {
    return answer_of({.state = NameAnswer::State::resolved,
                      .addresses = std::move(news.addresses),
                      .problem = {}});
  }
  return answer_of(
      {.state = before.addresses.empty() ? NameAnswer::State::failed : NameAnswer::State::resolved,
       .addresses = before.addresses,
       .problem = std::move(news.problem)});
}

}  // namespace

class Lookups::Thread {
 public:
  explicit Thread(Options options)
      : options_(std::move(options)),
        resolver_(make_resolver()),
        sweep_interval_(
            std::clamp(options_.forget_unused_after, kMinSweepInterval, kMaxSweepInterval)),
        next_sweep_(loop_.now() + sweep_interval_),
        thread_([this] { run(); }) {}

  ~Thread() {
    loop_.post([this] { is_stopping_ = true; });
    thread_.join();
  }

  SharedAnswer find(const std::string& name, std::function<void()> on_change) EXCLUDES(mutex_);
  void refresh(const std::string& name, OnDone on_done) EXCLUDES(mutex_);

  std::size_t known_names() EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    return names_.size();
  }

 private:
  struct Name {
    SharedAnswer answer;
    base::TimePoint answered{};
    base::TimePoint used{};
    bool is_under_way = false;
    std::vector<std::function<void()>> waiting;  // only while the answer is pending
    std::vector<OnDone> refreshing;              // only while a lookup is under way
  };

  void run();
  base::TimePoint next_due() const;
  bool may_start() const { return !queue_.empty() && asked_.size() < kMaxLookupsUnderWay; }
  void start_queued();
  std::unique_ptr<Resolver> make_resolver();
  void follow_configuration();
  void publish(const std::string& name, Resolver::Answer news) EXCLUDES(mutex_);
  void forget_unused() EXCLUDES(mutex_);
  bool is_due(const Name& name, base::TimePoint now) const;

  const Options options_;
  const SharedAnswer pending_ = answer_of({});

  // The lookup thread's own.
  EventLoop loop_;
  std::unique_ptr<Resolver> resolver_;
  // A name under way is in exactly one of these two: not yet asked for, or asked for.
  std::deque<std::string> queue_;
  std::unordered_set<std::string> asked_;
  base::TimePoint next_burst_;
  const base::Duration sweep_interval_;
  base::TimePoint next_sweep_;
  bool is_stopping_ = false;

  base::Mutex mutex_;
  std::unordered_map<std::string, Name> names_ GUARDED_BY(mutex_);

  std::thread thread_;  // last: it uses all the others
};

SharedAnswer Lookups::Thread::find(const std::string& name, std::function<void()> on_change) {
  const base::TimePoint now = base::Clock::now();
  SharedAnswer answer;
  bool starts = false;
  {
    base::MutexLock lock(mutex_);
    auto found = names_.find(name);
    if (found == names_.end()) {
      if (names_.size() >= kMaxNames) return too_many_names();
      found = names_.emplace(name, Name{}).first;
      found->second.answer = pending_;
    }
    Name& entry = found->second;
    entry.used = now;
    starts = !entry.is_under_way && is_due(entry, now);
    if (starts) entry.is_under_way = true;
    answer = entry.answer;
    if (answer == pending_ && on_change && entry.waiting.size() < kMaxWaitersPerName) {
      entry.waiting.push_back(std::move(on_change));
    }
  }
  if (starts) loop_.post([this, name] { queue_.push_back(name); });
  return answer;
}

void Lookups::Thread::refresh(const std::string& name, OnDone on_done) {
  bool starts = false;
  {
    base::MutexLock lock(mutex_);
    auto found = names_.find(name);
    if (found == names_.end() && names_.size() < kMaxNames) {
      found = names_.emplace(name, Name{}).first;
      found->second.answer = pending_;
    }
    if (found != names_.end()) {
      Name& entry = found->second;
      entry.used = base::Clock::now();
      entry.refreshing.push_back(std::exchange(on_done, nullptr));
      starts = !std::exchange(entry.is_under_way, true);
    }
  }
  // Outside of the lock, since it is somebody else's code.
  if (on_done) return on_done(too_many_names());
  if (starts) loop_.post([this, name] { queue_.push_back(name); });
}

bool Lookups::Thread::is_due(const Name& name, base::TimePoint now) const {
  if (name.answer == pending_) return true;
  const base::Duration keep = name.answer->problem.empty()
                                  ? options_.keep
                                  : std::min<base::Duration>(options_.keep, kRepeatFailedAfter);
  return now - name.answered >= keep;
}

void Lookups::Thread::run() {
  while (!is_stopping_) {
    resolver_->advance(loop_.wait(next_due()));
    loop_.run_posted();
    if (loop_.now() >= next_burst_ && may_start()) start_queued();
    forget_unused();
  }
}

base::TimePoint Lookups::Thread::next_due() const {
  base::TimePoint due = std::min(next_sweep_, resolver_->next_due().value_or(next_sweep_));
  if (may_start()) due = std::min(due, next_burst_);
  return due;
}

// Not from publish(): a name in the hosts file is answered at once, and a long queue of them would
// recurse.
void Lookups::Thread::start_queued() {
  next_burst_ = loop_.now() + kBurstInterval;
  follow_configuration();
  for (std::size_t i = 0; i < kMaxLookupsPerBurst && may_start(); ++i) {
    const std::string name = std::move(queue_.front());
    queue_.pop_front();
    asked_.insert(name);
    resolver_->look_up(name, [this, name](Resolver::Answer news) {
      asked_.erase(name);
      publish(name, std::move(news));
    });
  }
}

std::unique_ptr<Resolver> Lookups::Thread::make_resolver() {
  return std::make_unique<Resolver>(loop_,
                                    Resolver::Options{.servers = options_.servers,
                                                      .resolv_conf = options_.resolv_conf,
                                                      .port = options_.port,
                                                      .server_timeout = options_.server_timeout});
}

// A service may start before the network, and a laptop changes networks: whoever read resolv.conf
// only once would ask the wrong servers for ever.
void Lookups::Thread::follow_configuration() {
  if (!resolver_->is_outdated()) return;
  try {
    resolver_ = make_resolver();
  } catch (const std::runtime_error& error) {
    base::log::warn("name servers stay as they were", {{"reason", error.what()}});
    return;
  }
  base::log::info("name servers read again", {{"file", options_.resolv_conf}});
  // The old resolver has dropped what it was asked.
  queue_.insert(queue_.begin(), asked_.begin(), asked_.end());
  asked_.clear();
}

void Lookups::Thread::publish(const std::string& name, Resolver::Answer news) {
  std::vector<std::function<void()>> waiting;
  std::vector<OnDone> refreshing;
  SharedAnswer answer;
  {
    base::MutexLock lock(mutex_);
    Name& entry = names_.at(name);  // a name under way is never forgotten
    entry.answer = next_answer(*entry.answer, std::move(news));
    entry.answered = base::Clock::now();
    entry.is_under_way = false;
    waiting.swap(entry.waiting);
    refreshing.swap(entry.refreshing);
    answer = entry.answer;
  }
  for (const std::function<void()>& tell : waiting) tell();
  for (const OnDone& tell : refreshing) tell(answer);
}

void Lookups::Thread::forget_unused() {
  const base::TimePoint now = loop_.now();
  if (now < next_sweep_) return;
  next_sweep_ = now + sweep_interval_;
  const base::TimePoint oldest = now - options_.forget_unused_after;
  base::MutexLock lock(mutex_);
  std::erase_if(names_, [oldest](const auto& item) {
    return !item.second.is_under_way && item.second.used < oldest;
  });
}

Lookups::Lookups(Options options) : thread_(std::make_unique<Thread>(std::move(options))) {}

Lookups::~Lookups() = default;

SharedAnswer Lookups::find(const std::string& name, std::function<void()> on_change) {
  return thread_->find(name, std::move(on_change));
}

void Lookups::refresh(const std::string& name, OnDone on_done) {
  thread_->refresh(name, std::move(on_done));
}

std::size_t Lookups::known_names() const {
  return thread_->known_names();
}

std::vector<base::SocketAddress> with_port(const std::vector<base::SocketAddress>& addresses,
                                           std::uint16_t port) {
  const std::size_t count = std::min(addresses.size(), kMaxAddressesTried);
  std::vector<base::SocketAddress> result(addresses.begin(),
                                          addresses.begin() + static_cast<std::ptrdiff_t>(count));
  for (base::SocketAddress& address : result) {
    // sin_port and sin6_port lie at the same place, but the compiler must not be told so.
    if (address.family() == AF_INET) {
      reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port = htons(port);
    } else if (address.family() == AF_INET6) {
      reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port = htons(port);
    }
  }
  return result;
}

}  // namespace net
