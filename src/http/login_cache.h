// What earlier logins have come to, so that a scrape every few seconds does not cost a tenth of a
// second each. Holds no password: its keys are keyed digests. Used by the front's thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string_view>

namespace http {

using LoginKey = std::array<std::uint8_t, 32>;

class LoginCache {
 public:
  static constexpr std::size_t kMaxOfEach = 100;

  LoginCache();

  // Of another user, hash or password it is another key: each part goes in with its length, so that
  // none can pose as the end of the one before (CVE-2022-46146).
  LoginKey key(std::string_view user, std::string_view hash, std::string_view password) const;

  std::optional<bool> find(const LoginKey& key);
  // Forgets the one not asked for longest. Good ones and bad ones have places of their own: nobody
  // who guesses passwords can make those who know theirs wait.
  void put(const LoginKey& key, bool is_good);

 private:
  class Recent {
   public:
    bool use(const LoginKey& key);  // whether it is there
    void put(const LoginKey& key);

   private:
    std::list<LoginKey> order_;  // the last one used first
    std::map<LoginKey, std::list<LoginKey>::iterator> places_;
  };

  std::array<std::uint8_t, 32> secret_;  // of this process
  Recent good_;
  Recent bad_;
};

}  // namespace http
