// A name server on 127.0.0.1 for the tests of lookups: one thread, UDP, no recursion, no waiting.
// Knows only the names it was given; any other does not exist.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/unique_fd.h"

namespace net {

class DnsServer {
 public:
  DnsServer();
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string text() const { return "127.0.0.1:" + std::to_string(port_); }

  // IPv4 and IPv6 literals, in the order to answer. None: the name exists without an address.
  void knows(const std::string& name, std::vector<std::string> addresses);
  void forgets(const std::string& name);
  void never_answers(const std::string& name);
  void fails(const std::string& name);  // SERVFAIL

  std::size_t questions_for(const std::string& name) const;
  void wait_for_question(const std::string& name) const;

 private:
  enum class Manner { answers, silent, fails };
  struct Name {
    Manner manner = Manner::answers;
    std::vector<std::string> addresses;
  };

  void run();
  std::string reply_to(const std::string& question);

  base::UniqueFd socket_, stop_;
  std::uint16_t port_ = 0;
  mutable base::Mutex mutex_;
  mutable base::Condition asked_;
  std::map<std::string, Name> names_ GUARDED_BY(mutex_);
  std::map<std::string, std::size_t> questions_ GUARDED_BY(mutex_);
  std::thread thread_;  // last: it uses all the others
};

}  // namespace net
