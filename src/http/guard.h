// Who may ask what: the rate limit, then the login, before any page is looked for. Pure but for the
// random secret of its cache; used by the front's thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/time.h"
#include "http/login_cache.h"
#include "http/message.h"
#include "http/passwords.h"
#include "http/rate_limit.h"
#include "http/route_table.h"
#include "http/tls_context.h"

namespace http {

// What may change while we serve.
struct Access {
  std::shared_ptr<const TlsContext> tls;  // null: plain HTTP
  Headers headers;                        // of every answer that lacks them
  Users users;                            // none: no login
  RateLimit rate_limit;
};

// A login that has to be measured first.
struct Measure {
  LoginKey key;
  std::string hash;
  std::string password;
  bool is_known = false;  // false: nobody has that name, and it never is good
};

class Guard {
 public:
  // `open_paths`: pages without login and limit: the paths of routes, whose NAMEs are open with
  // them, and paths of one NAME. They are compared with the route that will answer and with the
  // decoded path that it was found by, so that no other way of writing a path opens another page.
  explicit Guard(std::vector<std::string> open_paths) : open_paths_(std::move(open_paths)) {}

  void replace(std::shared_ptr<const Access> access);
  const Access& access() const { return *access_; }

  bool is_open(const RouteMatch& match, const std::string& path) const;
  // False: too many requests. Once per request.
  bool grant(base::TimePoint now) { return bucket_.take(now); }

  enum class Login : std::uint8_t { good, bad };
  std::variant<Login, Measure> login(const std::string& authorization);
  void remember(const LoginKey& key, bool is_good) { logins_.put(key, is_good); }

 private:
  const std::vector<std::string> open_paths_;
  std::shared_ptr<const Access> access_ = std::make_shared<const Access>();
  std::string hash_for_strangers_;
  TokenBucket bucket_{RateLimit{}};
  LoginCache logins_;
};

Answer too_many_requests();
Answer login_required();

}  // namespace http
