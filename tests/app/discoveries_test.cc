// When it is time to look again, and what is told of it. Real files; the time is given.
#include "app/discoveries.h"

#include <gmock/gmock.h>

#include "support/temp_dir.h"

namespace app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Pair;

constexpr std::chrono::seconds kLong{60};

class DiscoveriesTest : public testing::Test {
 protected:
  DiscoveriesTest() {
    config_.discovery.php_fpm_pools = {
        {.files = {folder_.file("fpm.conf")}, .module = "ping", .labels = {}}};
  }

  std::size_t find(Discoveries::Occasion occasion = Discoveries::Occasion::change) {
    return discoveries_
        .find(std::make_shared<const config::Config>(config_), occasion,
              {.steady = now_, .wall = std::chrono::system_clock::now()})
        ->targets.size();
  }

  // Waits for the file system to tell; then the time at which it is due.
  base::TimePoint due_after_a_change() {
    while (!discoveries_.is_due(now_) && *discoveries_.next_due() > now_ + kDiscoverySettles) {
      events_.wait(base::Clock::now() + kLong);
    }
    return *discoveries_.next_due();
  }

  const support::TempDir folder_;
  net::EventLoop events_;
  net::Lookups lookups_{net::Lookups::Options{}};
  Discoveries discoveries_{events_, 1, lookups_};
  config::Config config_ = config::default_config();
  base::TimePoint now_{1h};
};

TEST_F(DiscoveriesTest, WithoutASourceNothingIsDue) {
  config_.discovery = {};
  EXPECT_EQ(find(), 0U);
  EXPECT_EQ(discoveries_.next_due(), std::nullopt);
  EXPECT_FALSE(discoveries_.is_due(now_ + 24h));
}

// As after a reload that was given up half-way, whose file may be followed by now.
TEST_F(DiscoveriesTest, IsDueWhenALookIsAskedFor) {
  config_.discovery = {};
  find();
  discoveries_.look_again();
  EXPECT_TRUE(discoveries_.is_due(now_));
  find();
  EXPECT_EQ(discoveries_.next_due(), std::nullopt);
}

// What the kernel says of the watches that end must be taken, too: the loop turned without
// sleeping.
TEST_F(DiscoveriesTest, OnceTheLastSourceIsGoneNothingWakesTheLoop) {
  find();
  config_.discovery = {};
  find(Discoveries::Occasion::reread);
  EXPECT_FALSE(discoveries_.is_due(now_));
  EXPECT_TRUE(events_.wait(base::Clock::now()).empty());
}

TEST_F(DiscoveriesTest, EverythingIsLookedAtAgainNowAndThen) {
  find();
  EXPECT_EQ(discoveries_.next_due(), now_ + kDiscoveryRescan);
  EXPECT_FALSE(discoveries_.is_due(now_ + kDiscoveryRescan - 1ns));
  EXPECT_TRUE(discoveries_.is_due(now_ + kDiscoveryRescan));
}

TEST_F(DiscoveriesTest, ABurstOfChangesIsDueOnceItHasSettled) {
  find();
  folder_.write("fpm.conf", "include=" + folder_.file("*.pool") + "\n");
  EXPECT_EQ(due_after_a_change(), now_ + kDiscoverySettles);
  folder_.write("fpm.conf", "include=" + folder_.file("*.pool") + "\n\n");
  EXPECT_FALSE(discoveries_.is_due(now_ + kDiscoverySettles - 1ns));
  EXPECT_EQ(discoveries_.next_due(), now_ + kDiscoverySettles);
  EXPECT_EQ(find(), 0U);
  EXPECT_EQ(discoveries_.next_due(), now_ + kDiscoverySettles)
      << "what is included was not followed";
  find();
  EXPECT_EQ(discoveries_.next_due(), now_ + kDiscoveryRescan);
  folder_.write("a.pool", "[a]\nlisten=1\n");
  due_after_a_change();
  EXPECT_EQ(find(), 1U);
}

TEST_F(DiscoveriesTest, ConflictsAreCountedOnceAndProblemsAreThoseOfNow) {
  find();
  EXPECT_THAT(discoveries_.numbers().problems, ElementsAre(Pair("php_fpm_pools", 1U)));
  folder_.write("fpm.conf", "[a]\nlisten=1\n[b]\nlisten=1\n");
  for (int turn = 0; turn < 3; ++turn) EXPECT_EQ(find(), 1U);
  EXPECT_EQ(discoveries_.numbers().conflicts, 1U);
  EXPECT_THAT(discoveries_.numbers().problems, ElementsAre(Pair("php_fpm_pools", 0U)));
  folder_.write("fpm.conf", "[a]\nlisten=1\n");
  find();
  folder_.write("fpm.conf", "[a]\nlisten=1\n[b]\nlisten=1\n");
  find(Discoveries::Occasion::reread);
  EXPECT_EQ(discoveries_.numbers().conflicts, 2U) << "it had gone in between";
  folder_.write("fpm.conf", "\n[a]\nlisten=1\n\n[b]\nlisten=1\n");
  find();
  EXPECT_EQ(discoveries_.numbers().conflicts, 2U) << "it stands in another line";
}

TEST_F(DiscoveriesTest, AllConflictsAreCountedThoughNotAllAreTold) {
  std::string pools;
  for (std::size_t i = 0; i < discovery::kMaxNotes + 10; ++i) {
    pools += "[p" + std::to_string(i) + "]\nlisten=1\n";
  }
  folder_.write("fpm.conf", pools);
  EXPECT_EQ(find(), 1U);
  EXPECT_EQ(discoveries_.numbers().conflicts, discovery::kMaxNotes + 9);
}

}  // namespace
}  // namespace app
