// The targets that `discovery.dns` stands for: each address of each name, looked up every interval
// on the lookup thread. While a name leads nowhere its targets stay for the rule's grace. One
// owner, one thread; never waits.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/time.h"
#include "config/config.h"
#include "discovery/finding.h"
#include "net/lookups.h"

namespace discovery {

class DnsNames {
 public:
  // `wake` is called on the lookup thread with each answer. Both must outlive this object, and
  // `wake` the lookups.
  DnsNames(net::Lookups& lookups, std::function<void()> wake);

  // Starts the lookups that are due, and forgets the names that no rule has any more.
  void ask(const std::vector<config::DnsName>& rules, base::TimePoint now);
  std::optional<base::TimePoint> next_ask() const;

  bool has_news() const { return answers_->has_any(); }
  bool all_have_answered() const;  // each name once at least, taken by find() or not

  Finding find(const config::Config& config, base::TimePoint now);

 private:
  using Answer = std::shared_ptr<const net::NameAnswer>;

  // On their way from the lookup thread, by the key of their name.
  class Answers {
   public:
    void put(const std::string& key, Answer answer) EXCLUDES(mutex_);
    bool has_any() const EXCLUDES(mutex_);
    std::map<std::string, Answer> take() EXCLUDES(mutex_);

   private:
    mutable base::Mutex mutex_;
    std::map<std::string, Answer> waiting_ GUARDED_BY(mutex_);
  };

  struct Name {
    base::TimePoint next_ask{};
    bool is_under_way = false;
    bool has_answered = false;
    std::vector<base::SocketAddress> addresses;    // of the last good answer, while they count
    std::string problem;                           // of the last answer
    std::optional<base::TimePoint> failing_since;  // nothing: the last answer was good
  };

  void take_answers(base::TimePoint now);

  net::Lookups& lookups_;
  const std::function<void()> wake_;
  // Shared with lookups under way, which may outlive this object.
  const std::shared_ptr<Answers> answers_ = std::make_shared<Answers>();
  std::map<std::string, Name> names_;
};

}  // namespace discovery
