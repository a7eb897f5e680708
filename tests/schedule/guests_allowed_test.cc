// Guests are taken only where they may go: what a name or a path means is looked at, not its text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "net/dns_server.h"
#include "schedule/asking_guests.h"
#include "schedule/scripts.h"
#include "support/scripted_responder.h"
#include "support/temp_dir.h"

namespace schedule {
namespace {

using End = probe::OneShotReport::End;
using support::ScriptedResponder;
using support::Where;
using testing::HasSubstr;
namespace step = support::step;

// Every port of one address, and the paths that begin so.
std::shared_ptr<const GuestPermission> only(const std::string& ip, const std::string& folder) {
  return std::make_shared<const GuestPermission>(GuestPermission{
      .address = [ip](const base::SocketAddress& a) { return base::text(a).starts_with(ip + ":"); },
      .path = [folder](const std::string& path) { return path.starts_with(folder + "/"); }});
}

class GuestNames : public testing::Test {
 protected:
  base::Address address(const std::string& host) const {
    base::Address named = responder_.address();
    named.host = host;
    return named;
  }

  net::DnsServer dns_;
  ScriptedResponder responder_{Where::tcp, {kPong}};
  RunningWorker worker_{{}, {.lookups = {.servers = dns_.text()}}};
  AskingGuests guests_{worker_};
};

TEST_F(GuestNames, AreFollowedToAnAddressThatIsAllowed) {
  dns_.knows("pool.test", {"127.0.0.1"});
  guests_.ask(guest_plan(address("pool.test")), "name", std::chrono::seconds(30),
              only("127.0.0.1", "/nowhere"));
  const probe::OneShotReport report = guests_.wait_for(1)[0];
  EXPECT_TRUE(probe::is_success(report));
  EXPECT_GT(report.checks[0].attempt.phases[0], base::Duration::zero());
}

TEST_F(GuestNames, ThatMeanSomethingElseAreRefused) {
  dns_.knows("rebinds.test", {"127.0.0.1"});
  guests_.ask(guest_plan(address("rebinds.test")), "name", std::chrono::seconds(30),
              only("10.0.0.7", "/nowhere"));
  const probe::OneShotReport report = guests_.wait_for(1)[0];
  EXPECT_EQ(report.end, End::refused);
  EXPECT_THAT(report.problem, HasSubstr("rebinds.test means 127.0.0.1"));
  EXPECT_EQ(responder_.counts().accepted, 0u);
}

// Of several addresses only those that are allowed are tried.
TEST_F(GuestNames, LoseTheAddressesThatAreNotAllowed) {
  dns_.knows("both.test", {"127.0.0.9", "127.0.0.1"});
  guests_.ask(guest_plan(address("both.test")), "name", std::chrono::seconds(30),
              only("127.0.0.1", "/nowhere"));
  const probe::OneShotReport report = guests_.wait_for(1)[0];
  EXPECT_TRUE(probe::is_success(report));
  EXPECT_THAT(base::text(report.checks.at(0).attempt.address), HasSubstr("127.0.0.1:"));
}

TEST_F(GuestNames, ThatDoNotExistAreNoSuccess) {
  guests_.ask(guest_plan(address("missing.test")), "name", std::chrono::seconds(30),
              only("127.0.0.1", "/nowhere"));
  EXPECT_EQ(guests_.wait_for(1)[0].checks.at(0).verdict.outcome, probe::Outcome::resolve_failed);
}

TEST(GuestPaths, AreFollowedToTheirEnd) {
  const support::TempDir allowed;
  const support::TempDir forbidden;
  const auto address = [](const std::string& path) {
    return base::Address{.transport = base::Transport::unix_socket, .path = path};
  };
  ScriptedResponder inside(address(allowed.file("real.sock")), {kPong});
  ScriptedResponder outside(address(forbidden.file("real.sock")), {kPong});
  ASSERT_EQ(symlink("real.sock", allowed.file("link.sock").c_str()), 0);
  ASSERT_EQ(symlink(outside.address().path.c_str(), allowed.file("leaves.sock").c_str()), 0);
  RunningWorker worker({});
  AskingGuests guests(worker);
  std::size_t asked = 0;
  const auto answer_for = [&](const std::string& name) {
    guests.ask(guest_plan(address(allowed.file(name))), name, std::chrono::seconds(30),
               only("10.0.0.7", allowed.path().string()));
    return guests.wait_for(++asked).back();
  };
  EXPECT_TRUE(probe::is_success(answer_for("real.sock")));
  EXPECT_TRUE(probe::is_success(answer_for("link.sock")));
  const probe::OneShotReport refused = answer_for("leaves.sock");
  EXPECT_EQ(refused.end, End::refused);
  EXPECT_THAT(refused.problem, HasSubstr("leads to " + outside.address().path));
  EXPECT_EQ(outside.counts().accepted, 0u);
  EXPECT_EQ(answer_for("none.sock").checks.at(0).verdict.outcome, probe::Outcome::no_socket);
}

}  // namespace
}  // namespace schedule
