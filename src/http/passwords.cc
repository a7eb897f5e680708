#include "http/passwords.h"

#include <crypt.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <memory>

namespace http {
namespace {

constexpr std::size_t kBcryptBytes = 72;
constexpr std::size_t kDigestLetters = 31;
constexpr std::string_view kDefaultCost = "10";

// Where the cost stands: "$2y$10$...", or "$2$10$...".
std::size_t cost_offset(std::string_view hash) {
  return hash.find('$', 2) + 1;
}

}  // namespace

bool fits(const std::string& hash, std::string_view password) {
  const bool has_nul = password.find('\0') != std::string_view::npos;
  const std::string counted(password.substr(0, std::min(password.find('\0'), kBcryptBytes)));
  // All letters after the 2 mean one algorithm to Go, for which these hashes are written.
  const std::string setting = "$2b$" + hash.substr(cost_offset(hash));
  const auto scratch = std::make_unique<crypt_data>();  // 32 KB
  const char* made = crypt_rn(counted.c_str(), setting.c_str(), scratch.get(), sizeof(crypt_data));
  const std::string_view tail = std::string_view(setting).substr(setting.size() - kDigestLetters);
  // Not the salt: its last letter has bits that mean nothing, and comes back without them.
  const bool is_same =
      made != nullptr && std::string_view(made).size() == setting.size() &&
      CRYPTO_memcmp(made + setting.size() - kDigestLetters, tail.data(), kDigestLetters) == 0;
  OPENSSL_cleanse(scratch.get(), sizeof(crypt_data));
  return is_same && !has_nul;
}

std::string hash_for_strangers(const Users& users) {
  std::string cost;
  for (const auto& [name, hash] : users) {
    cost = std::max(cost, hash.substr(cost_offset(hash), kDefaultCost.size()));
  }
  if (cost.empty()) cost = kDefaultCost;
  return "$2b$" + cost + "$abcdefghijklmnopqrstuuLX9klXQF6KDiIL5HDJA8gT1ChO60nom";
}

}  // namespace http
