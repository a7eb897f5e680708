#include "http/credentials.h"

#include <cstdint>

#include "base/text.h"

namespace http {
namespace {

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

// With its padding, without spaces, and without bits that mean nothing.
std::optional<std::string> base64_decoded(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : (text.ends_with('=') ? 1 : 0);
  text.remove_suffix(padding);
  std::string decoded;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = base64_value(c);
    if (value < 0) return std::nullopt;
    bits = (bits << 6 | static_cast<std::uint32_t>(value)) & 0xFFFF;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    decoded += static_cast<char>(bits >> count & 0xFF);
  }
  if ((bits & ((1U << count) - 1)) != 0) return std::nullopt;
  return decoded;
}

}  // namespace

std::optional<Credentials> parse_basic(std::string_view authorization) {
  constexpr std::string_view kScheme = "Basic";
  const auto space = authorization.find(' ');
  if (space == std::string_view::npos ||
      !base::equals_ignoring_case(authorization.substr(0, space), kScheme)) {
    return std::nullopt;
  }
  const std::string_view encoded = base::trim(authorization.substr(space));
  if (encoded.size() > (kMaxCredentialsBytes + 2) / 3 * 4) return std::nullopt;
  const auto decoded = base64_decoded(encoded);
  if (!decoded || decoded->size() > kMaxCredentialsBytes) return std::nullopt;
  const auto colon = decoded->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return Credentials{.user = decoded->substr(0, colon), .password = decoded->substr(colon + 1)};
}

}  // namespace http
