#include "http/guard.h"

#include <algorithm>

#include "http/credentials.h"

namespace http {

void Guard::replace(std::shared_ptr<const Access> access) {
  if (access->rate_limit != access_->rate_limit) bucket_ = TokenBucket(access->rate_limit);
  hash_for_strangers_ = hash_for_strangers(access->users);
  access_ = std::move(access);
}

bool Guard::is_open(const RouteMatch& match, const std::string& path) const {
  if (match.route == nullptr) return false;
  return std::ranges::any_of(open_paths_, [&](const std::string& open) {
    return open == match.route->path || open == path;
  });
}

std::variant<Guard::Login, Measure> Guard::login(const std::string& authorization) {
  if (access_->users.empty()) return Login::good;
  const auto credentials = parse_basic(authorization);
  if (!credentials) return Login::bad;
  const auto user = access_->users.find(credentials->user);
  const bool is_known = user != access_->users.end();
  const std::string& hash = is_known ? user->second : hash_for_strangers_;
  const LoginKey key = logins_.key(credentials->user, hash, credentials->password);
  if (const auto known = logins_.find(key)) return *known ? Login::good : Login::bad;
  return Measure{.key = key, .hash = hash, .password = credentials->password, .is_known = is_known};
}

Answer too_many_requests() {
  Answer answer = text_answer(429, "Too many requests: rate_limit of the web configuration.\n");
  answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

Answer login_required() {
  Answer answer = text_answer(401, "Log in with a user of the web configuration.\n");
  answer.headers.emplace_back("WWW-Authenticate", "Basic realm=\"fastcgi_exporter\"");
  return answer;
}

}  // namespace http
