#include "net/listen_queues.h"

#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "net/sock_diag.h"
#include "net/sock_diag_match.h"

namespace net {
namespace {

using OnDone = std::function<void()>;
using SharedListeners = std::shared_ptr<const WatchedListeners>;

constexpr int kMaxDumpAttempts = 3;  // of a list that changes while the kernel writes it

class Table : public QueueTable {
 public:
  Table(SharedListeners watched, std::vector<std::optional<probe::ListenQueue>> queues,
        base::TimePoint taken)
      : watched_(std::move(watched)), queues_(std::move(queues)), taken_(taken) {}

  std::optional<probe::ListenQueue> find(const base::SocketAddress& listener) const override {
    const auto index = watched_->find(canonical(listener));
    return index ? queues_[*index] : std::nullopt;
  }
  base::TimePoint taken() const override { return taken_; }

 private:
  const SharedListeners watched_;
  const std::vector<std::optional<probe::ListenQueue>> queues_;  // by index
  const base::TimePoint taken_;
};

// What the watched listeners make it worth asking for.
struct Worth {
  bool unix_dump = false;
  bool v4_dump = false;
  bool tcp_dump = false;
};

// The path of a canonical unix address; empty when it is abstract. `address` must live as long.
const char* path_of(const base::SocketAddress& address) {
  return reinterpret_cast<const sockaddr_un*>(&address.storage)->sun_path;
}

// stat() hangs as long as a network file system does, and with it every later sample; the worker
// that connects to such a path hangs on the same look-up, so nothing is lost by not avoiding it.
void prepare_unix(const base::SocketAddress& listener, std::size_t index, ListenerMatches& matches,
                  Worth& worth) {
  const char* path = path_of(listener);
  struct stat file {};
  if (*path == '\0') {
    worth.unix_dump = true;
  } else if (stat(path, &file) == 0 && S_ISSOCK(file.st_mode)) {
    matches.set_file(index, file);
    worth.unix_dump = true;
  }
}

Worth prepare(const WatchedListeners& watched, ListenerMatches& matches) {
  Worth worth;
  std::optional<LocalAddresses> local;
  for (std::size_t index = 0; index < watched.size(); ++index) {
    const base::SocketAddress& listener = watched.at(index);
    const int family = listener.family();
    if (family == AF_UNIX) {
      prepare_unix(listener, index, matches, worth);
    } else if (family == AF_INET || family == AF_INET6) {
      if (!is_loopback(listener)) {  // asking for the interfaces costs as much as a dump
        if (!local) local.emplace();
        if (!local->has(listener)) continue;
      }
      matches.set_local(index);
      worth.tcp_dump = true;
      worth.v4_dump = worth.v4_dump || family == AF_INET;
    }
  }
  matches.sort_files();
  return worth;
}

// Empty when the whole list was read, else why not, and then nothing of it is kept.
std::string gather(ListenerMatches& matches, const std::function<DumpResult()>& dump) {
  const std::size_t before = matches.size();
  for (int attempt = 0; attempt < kMaxDumpAttempts; ++attempt) {
    DumpResult result = dump();
    if (result.end == DumpResult::End::complete) return "";
    matches.cut_back_to(before);
    if (result.end == DumpResult::End::failed) return std::move(result.problem);
  }
  return "sockets come and go faster than the kernel can list them";
}

std::string gather_unix(ListenerMatches& matches) {
  return gather(matches, [&matches] {
    return dump_unix_listeners([&](const UnixListener& listener) { matches.show(listener); });
  });
}

// An IPv6 listener may serve IPv4 too, but only where no IPv4 listener comes first: neither list
// is of use without the other.
std::string gather_tcp(ListenerMatches& matches, bool with_v4) {
  const auto show = [&matches](const TcpListener& listener) { matches.show(listener); };
  return gather(matches, [&] {
    if (with_v4) {
      DumpResult v4 = dump_tcp_listeners(AF_INET, show);
      if (v4.end != DumpResult::End::complete) return v4;
    }
    return dump_tcp_listeners(AF_INET6, show);
  });
}

std::string problem_of(const std::string& why_no_unix, const std::string& why_no_tcp) {
  const auto sentence = [](const std::string& what, const std::string& why) {
    return "the accept queues of " + what + " cannot be read: " + why;
  };
  if (why_no_unix == why_no_tcp) {
    return why_no_tcp.empty() ? "" : sentence("local listeners", why_no_tcp);
  }
  if (why_no_tcp.empty()) return sentence("unix sockets", why_no_unix);
  if (why_no_unix.empty()) return sentence("local tcp listeners", why_no_tcp);
  return sentence("unix sockets", why_no_unix) + "; " + sentence("local tcp listeners", why_no_tcp);
}

struct Sample {
  std::shared_ptr<const Table> table;
  std::string problem;
};

Sample take_sample(SharedListeners watched, base::TimePoint now) {
  ListenerMatches matches(*watched);
  const Worth worth = prepare(*watched, matches);
  const std::string why_no_unix = worth.unix_dump ? gather_unix(matches) : "";
  const std::string why_no_tcp = worth.tcp_dump ? gather_tcp(matches, worth.v4_dump) : "";
  return {.table = std::make_shared<const Table>(std::move(watched), matches.queues(), now),
          .problem = problem_of(why_no_unix, why_no_tcp)};
}

}  // namespace

bool same_listener(const base::SocketAddress& one, const base::SocketAddress& other) {
  return canonical(one) == canonical(other);
}

class ListenQueues::Thread {
 public:
  Thread() : thread_([this] { run(); }) {}

  ~Thread() {
    {
      base::MutexLock lock(mutex_);
      is_stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  Listener watch(const base::SocketAddress& listener) EXCLUDES(mutex_);
  void unwatch(const base::SocketAddress& listener) EXCLUDES(mutex_);
  void refresh(OnDone on_done) EXCLUDES(mutex_);

  std::shared_ptr<const QueueTable> table() EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    return table_;
  }

  std::string problem() EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    return problem_;
  }

 private:
  // Counts changes of what is watched: a sample knows only what was watched when it began.
  using Generation = std::uint64_t;

  struct Waiter {
    OnDone on_done;
    base::TimePoint asked;
    Generation generation = 0;
  };
  // Either somebody to tell, or a sample to take.
  struct Work {
    std::vector<OnDone> to_tell;
    SharedListeners watched;
    Generation generation = 0;
    base::TimePoint now;
  };

  void run() EXCLUDES(mutex_);
  std::optional<Work> wait_for_work() EXCLUDES(mutex_);
  void publish(Sample sample, Generation generation) EXCLUDES(mutex_);
  bool is_answered(const Waiter& waiter) const REQUIRES(mutex_);
  std::vector<OnDone> take_answered() REQUIRES(mutex_);
  SharedListeners listeners() REQUIRES(mutex_);

  base::Mutex mutex_;
  base::Condition changed_;
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  std::map<Listener, std::size_t, BytesLess> counts_ GUARDED_BY(mutex_);  // canonical
  Generation generation_ GUARDED_BY(mutex_) = 0;
  SharedListeners listeners_ GUARDED_BY(mutex_);  // of listeners_generation_
  Generation listeners_generation_ GUARDED_BY(mutex_) = 0;
  std::vector<Waiter> waiting_ GUARDED_BY(mutex_);  // in the order they asked
  base::TimePoint next_sample_ GUARDED_BY(mutex_) = base::TimePoint::max();
  std::shared_ptr<const QueueTable> table_ GUARDED_BY(mutex_);
  Generation table_generation_ GUARDED_BY(mutex_) = 0;
  std::string problem_ GUARDED_BY(mutex_);

  std::thread thread_;  // last: it uses all the others
};

Listener ListenQueues::Thread::watch(const base::SocketAddress& listener) {
  const base::SocketAddress address = canonical(listener);
  base::MutexLock lock(mutex_);
  const auto found = counts_.find(address);
  if (found != counts_.end()) {
    ++found->second;
    return found->first;
  }
  Listener added = std::make_shared<const base::SocketAddress>(address);
  counts_.emplace(added, 1);
  ++generation_;
  // Soon, so that a new target is not unreadable for a second, but once for all of a reload.
  const base::TimePoint soon = base::Clock::now() + kQueueSampleShared;
  if (soon < next_sample_) {
    next_sample_ = soon;
    changed_.notify_one();
  }
  return added;
}

void ListenQueues::Thread::unwatch(const base::SocketAddress& listener) {
  base::MutexLock lock(mutex_);
  const auto found = counts_.find(canonical(listener));
  if (found == counts_.end() || --found->second > 0) return;
  counts_.erase(found);
  ++generation_;
}

void ListenQueues::Thread::refresh(OnDone on_done) {
  base::MutexLock lock(mutex_);
  waiting_.push_back(
      {.on_done = std::move(on_done), .asked = base::Clock::now(), .generation = generation_});
  changed_.notify_one();
}

void ListenQueues::Thread::run() {
  while (auto work = wait_for_work()) {
    for (const OnDone& tell : work->to_tell) tell();
    if (!work->watched) continue;
    publish(take_sample(std::move(work->watched), work->now), work->generation);
  }
}

// Nothing: it is time to end.
std::optional<ListenQueues::Thread::Work> ListenQueues::Thread::wait_for_work() {
  base::MutexLock lock(mutex_);
  while (!is_stopping_) {
    Work work{.to_tell = take_answered(), .watched = nullptr, .now = base::Clock::now()};
    if (!work.to_tell.empty()) return work;
    if (!waiting_.empty() || work.now >= next_sample_) {
      next_sample_ = counts_.empty() ? base::TimePoint::max() : work.now + kQueueSampleInterval;
      work.watched = listeners();
      work.generation = listeners_generation_;
      return work;
    }
    if (next_sample_ == base::TimePoint::max()) {
      changed_.wait(mutex_);
    } else {
      changed_.wait_until(mutex_, next_sample_);
    }
  }
  return std::nullopt;
}

bool ListenQueues::Thread::is_answered(const Waiter& waiter) const {
  return table_ && waiter.generation <= table_generation_ &&
         waiter.asked - table_->taken() < kQueueSampleShared;
}

std::vector<OnDone> ListenQueues::Thread::take_answered() {
  std::vector<OnDone> result;
  std::vector<Waiter> still_waiting;
  for (Waiter& waiter : waiting_) {
    if (is_answered(waiter)) {
      result.push_back(std::move(waiter.on_done));
    } else {
      still_waiting.push_back(std::move(waiter));
    }
  }
  waiting_ = std::move(still_waiting);
  return result;
}

SharedListeners ListenQueues::Thread::listeners() {
  if (listeners_ && listeners_generation_ == generation_) return listeners_;
  std::vector<Listener> sorted;
  sorted.reserve(std::min(counts_.size(), kMaxWatchedListeners));
  for (const auto& [listener, count] : counts_) {
    if (sorted.size() == kMaxWatchedListeners) break;
    sorted.push_back(listener);
  }
  listeners_ = std::make_shared<const WatchedListeners>(std::move(sorted));
  listeners_generation_ = generation_;
  return listeners_;
}

void ListenQueues::Thread::publish(Sample sample, Generation generation) {
  base::MutexLock lock(mutex_);
  table_ = std::move(sample.table);
  table_generation_ = generation;
  problem_ = std::move(sample.problem);
  if (problem_.empty() && counts_.size() > kMaxWatchedListeners) {
    problem_ = "more than " + std::to_string(kMaxWatchedListeners) +
               " listeners are watched: the accept queues of the others are not read";
  }
}

ListenQueues::ListenQueues() : thread_(std::make_unique<Thread>()) {}

ListenQueues::~ListenQueues() = default;

std::shared_ptr<const base::SocketAddress> ListenQueues::watch(
    const base::SocketAddress& listener) {
  return thread_->watch(listener);
}

void ListenQueues::unwatch(const base::SocketAddress& listener) {
  thread_->unwatch(listener);
}

std::shared_ptr<const QueueTable> ListenQueues::table() const {
  return thread_->table();
}

void ListenQueues::refresh(std::function<void()> on_done) {
  thread_->refresh(std::move(on_done));
}

std::string ListenQueues::problem() const {
  return thread_->problem();
}

}  // namespace net
