// The parts that decide who may ask what, each by itself.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>

#include "http/credentials.h"
#include "http/guard.h"
#include "http/login_cache.h"
#include "http/passwords.h"
#include "http/rate_limit.h"

namespace http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(TokenBucket, FillsByOneEachInterval) {
  TokenBucket bucket({.interval = seconds(1), .burst = 2});
  base::TimePoint now{seconds(1000)};
  EXPECT_TRUE(bucket.take(now));
  EXPECT_TRUE(bucket.take(now));
  EXPECT_FALSE(bucket.take(now));
  EXPECT_FALSE(bucket.take(now += milliseconds(999)));
  EXPECT_TRUE(bucket.take(now += milliseconds(2)));
  EXPECT_FALSE(bucket.take(now));
  now += seconds(100);
  EXPECT_TRUE(bucket.take(now));
  EXPECT_TRUE(bucket.take(now));
  EXPECT_FALSE(bucket.take(now));
}

TEST(TokenBucket, WithoutAnIntervalGrantsAllAndWithoutABurstNone) {
  TokenBucket off({.interval = {}, .burst = 0});
  TokenBucket none({.interval = seconds(1), .burst = 0});
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(off.take(base::TimePoint(seconds(i))));
    EXPECT_FALSE(none.take(base::TimePoint(seconds(i))));
  }
}

TEST(Credentials, AreUserAndPasswordAtTheFirstColon) {
  const auto found = parse_basic("Basic YWxpY2U6YTpi");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->user, "alice");
  EXPECT_EQ(found->password, "a:b");
  EXPECT_TRUE(parse_basic("bAsIc   YTpi"));
  EXPECT_TRUE(parse_basic("Basic Og==")) << "both empty";
}

TEST(Credentials, HaveOneFormOnly) {
  for (const char* text : {"", "Basic", "Basic ", "Basic YTpi=", "Basic YTpiY", "Basic YTp",
                           "Basic Og=", "Basic Og", "Basic Oh==", "Basic =Og=", "Basic YT pi",
                           "Digest YTpi", "BasicYTpi", "Basic YWJj", "Basic ====", "Basic -_8="}) {
    EXPECT_FALSE(parse_basic(text)) << text;
  }
  EXPECT_FALSE(parse_basic("Basic " + std::string(2000, 'A')));
}

// "pass" at the lowest cost.
constexpr const char* kHash = "$2y$04$1DpfPeqF9HzHJt.EWswy1edqgk/Hd6gx7aXiV2ix7yyo2Dx18hk8m";

TEST(Password, FitsItsHashWhateverLetterFollowsThe2) {
  const std::string hash = kHash;
  EXPECT_TRUE(fits(hash, "pass"));
  EXPECT_TRUE(fits("$2a" + hash.substr(3), "pass"));
  EXPECT_TRUE(fits("$2b" + hash.substr(3), "pass"));
  EXPECT_TRUE(fits("$2" + hash.substr(3), "pass"));
  for (const std::string& wrong :
       {std::string("Pass"), std::string("pass "), std::string(), std::string("pass\0x", 6)}) {
    EXPECT_FALSE(fits(hash, wrong)) << wrong;
  }
}

// As every bcrypt has it, Go's included.
TEST(Password, CountsItsFirst72Bytes) {
  const std::string hash = "$2b$04$4VeFDzXIoPHKnKTU3O3GH./NyU8r.o4G3V.l8CRkD7EUdL8iTOZJi";
  EXPECT_TRUE(fits(hash, std::string(72, 'x')));
  EXPECT_TRUE(fits(hash, std::string(900, 'x')));
  EXPECT_FALSE(fits(hash, std::string(71, 'x')));
}

// Otherwise the answer would come at once, and tell that there is no such user.
TEST(Password, OfAStrangerIsMeasuredAtTheHighestCost) {
  EXPECT_TRUE(fits(hash_for_strangers({}), "this is nobody's password"));
  EXPECT_EQ(
      hash_for_strangers({{"a", "$2y$04$x"}, {"b", "$2$12$x"}, {"c", "$2a$09$x"}}).substr(0, 7),
      "$2b$12$");
}

TEST(Guard, MeasuresAStrangerAsItDoesAUser) {
  auto access = std::make_shared<Access>();
  access->users = {{"alice", kHash}};
  Guard guard({});
  guard.replace(access);
  const auto stranger = guard.login("Basic c3RyYW5nZXI6cGFzcw==");  // stranger:pass
  ASSERT_TRUE(std::holds_alternative<Measure>(stranger));
  EXPECT_EQ(std::get<Measure>(stranger).hash, hash_for_strangers(access->users));
  EXPECT_EQ(std::get<Measure>(stranger).password, "pass");
  EXPECT_FALSE(std::get<Measure>(stranger).is_known);
}

TEST(LoginCache, KeepsWhatWasUsedLast) {
  LoginCache cache;
  const auto key = [&](int i) { return cache.key("user", "hash", std::to_string(i)); };
  for (int i = 0; i < 100; ++i) cache.put(key(i), true);
  EXPECT_EQ(cache.find(key(0)), true);
  cache.put(key(100), true);
  EXPECT_EQ(cache.find(key(0)), true) << "used a moment ago";
  EXPECT_EQ(cache.find(key(1)), std::nullopt);
  for (int i = 1000; i < 1200; ++i) cache.put(key(i), false);
  EXPECT_EQ(cache.find(key(0)), true) << "bad logins have places of their own";
  EXPECT_EQ(cache.find(key(1199)), false);
  EXPECT_EQ(cache.find(key(1000)), std::nullopt);
}

TEST(LoginCache, KeysCannotBeJoinedInTwoWays) {
  const LoginCache cache;
  EXPECT_NE(cache.key("a", "b", "c"), cache.key("ab", "", "c"));
  EXPECT_NE(cache.key("a", "b", "c"), cache.key("a", "bc", ""));
  EXPECT_NE(cache.key("a:1:b", "", "c"), cache.key("a", "b", "c"));
  EXPECT_EQ(cache.key("a", "b", "c"), cache.key("a", "b", "c"));
  EXPECT_NE(cache.key("a", "b", "c"), LoginCache().key("a", "b", "c")) << "another process";
}

}  // namespace
}  // namespace http
