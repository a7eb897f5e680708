// What a client logs in with: the Authorization header of HTTP Basic. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace http {

struct Credentials {
  std::string user;
  std::string password;
};

inline constexpr std::size_t kMaxCredentialsBytes = 1024;  // of user, colon and password

// Nothing for another scheme, for base64 that has more than one reading, for what is too long, and
// without a colon. The user ends at the first one.
std::optional<Credentials> parse_basic(std::string_view authorization);

}  // namespace http
