#include "http/login_cache.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

namespace http {
namespace {

void append_with_length(std::string& text, std::string_view part) {
  text += std::to_string(part.size()) + ':';
  text += part;
}

}  // namespace

LoginCache::LoginCache() {
  // Not RAND_bytes(): it reads in a third of libcrypto, and takes a fifth of the program's start,
  // also where no password is ever asked for.
  if (getentropy(secret_.data(), secret_.size()) != 0) {
    throw std::runtime_error("the system gives no random bytes");
  }
}

LoginKey LoginCache::key(std::string_view user, std::string_view hash,
                         std::string_view password) const {
  std::string text;
  for (const std::string_view part : {user, hash, password}) append_with_length(text, part);
  LoginKey digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  OPENSSL_cleanse(text.data(), text.size());
  return digest;
}

std::optional<bool> LoginCache::find(const LoginKey& key) {
  if (good_.use(key)) return true;
  if (bad_.use(key)) return false;
  return std::nullopt;
}

void LoginCache::put(const LoginKey& key, bool is_good) {
  (is_good ? good_ : bad_).put(key);
}

bool LoginCache::Recent::use(const LoginKey& key) {
  const auto found = places_.find(key);
  if (found == places_.end()) return false;
  order_.splice(order_.begin(), order_, found->second);
  return true;
}

void LoginCache::Recent::put(const LoginKey& key) {
  if (use(key)) return;
  order_.push_front(key);
  places_.emplace(key, order_.begin());
  if (order_.size() <= kMaxOfEach) return;
  places_.erase(order_.back());
  order_.pop_back();
}

}  // namespace http
