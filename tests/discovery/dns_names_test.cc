// A real name server on loopback: which targets a name stands for, and for how long.
#include "discovery/dns_names.h"

#include <gmock/gmock.h>

#include "config/rules.h"
#include "net/dns_server.h"
#include "net/event_loop.h"

namespace discovery {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::chrono::seconds kLong{60};

class DnsNamesTest : public testing::Test {
 protected:
  DnsNamesTest() {
    config::DnsName rule;
    rule.name = "php";
    rule.address = *base::parse_address("php.test:9000");
    config_.discovery.dns = {rule};
  }

  // What is found once the name was looked up, if that is due at `at`.
  std::vector<std::string> find(base::Duration at) {
    const base::TimePoint now(kStart + at);
    names_.ask(config_.discovery.dns, now);
    while (names_.next_ask() == std::nullopt && !names_.has_news()) loop_.wait(loop_.now() + kLong);
    found_ = names_.find(config_, now);
    std::vector<std::string> texts;
    for (const Candidate& each : found_.candidates) {
      texts.push_back(each.target.name + " " + each.target.address.text());
    }
    return texts;
  }

  static constexpr base::Duration kStart = 1h;

  net::EventLoop loop_;
  net::DnsServer server_;
  net::Lookups lookups_{net::Lookups::Options{.servers = server_.text()}};
  DnsNames names_{lookups_, [this] { loop_.wake(); }};
  config::Config config_ = config::default_config();
  Finding found_;
};

TEST_F(DnsNamesTest, EachAddressIsATargetWithAStableName) {
  server_.knows("php.test", {"10.0.0.2", "10.0.0.1", "2001:db8::1"});
  EXPECT_THAT(find(0s), ElementsAre("php@10.0.0.1:9000 tcp://10.0.0.1:9000",
                                    "php@10.0.0.2:9000 tcp://10.0.0.2:9000",
                                    "php@2001:db8::1:9000 tcp://[2001:db8::1]:9000"));
  server_.knows("php.test", {"10.0.0.3"});
  EXPECT_THAT(find(29s), testing::SizeIs(3)) << "not asked again within the interval";
  EXPECT_THAT(find(30s), ElementsAre(HasSubstr("10.0.0.3")));
}

TEST_F(DnsNamesTest, ItsTargetsStayForTheGraceWhileTheNameLeadsNowhere) {
  server_.knows("php.test", {"10.0.0.1"});
  EXPECT_THAT(find(0s), testing::SizeIs(1));
  server_.fails("php.test");
  EXPECT_THAT(find(1min), testing::SizeIs(1));
  EXPECT_THAT(found_.warnings, ElementsAre(testing::AllOf(HasSubstr("php: php.test: "),
                                                          HasSubstr("its targets stay for 5m"))));
  server_.forgets("php.test");
  EXPECT_THAT(find(5min), testing::SizeIs(1));
  server_.knows("php.test", {});
  EXPECT_THAT(find(6min), IsEmpty());
  EXPECT_THAT(found_.warnings, ElementsAre(HasSubstr("it has no targets")));
  server_.knows("php.test", {"10.0.0.1"});
  EXPECT_THAT(find(7min), testing::SizeIs(1));
  EXPECT_THAT(found_.warnings, IsEmpty());
}

TEST_F(DnsNamesTest, MoreAddressesThanAProbeWouldTryAreTargets) {
  std::vector<std::string> addresses;
  for (int i = 1; i <= 25; ++i) addresses.push_back("10.0.0." + std::to_string(i));
  server_.knows("php.test", addresses);
  EXPECT_THAT(find(0s), testing::SizeIs(25));
}

TEST_F(DnsNamesTest, LabelsTooLongForEveryLineAreNoTarget) {
  config_.discovery.dns.front().labels = {{"a", std::string(config::kMaxLabelTextBytes, 'v')}};
  server_.knows("php.test", {"10.0.0.1"});
  EXPECT_THAT(find(0s), IsEmpty());
  EXPECT_THAT(found_.warnings, ElementsAre(testing::AllOf(
                                   HasSubstr("php@10.0.0.1:9000 is left out: the labels are "),
                                   HasSubstr("write at most"))));
}

}  // namespace
}  // namespace discovery
