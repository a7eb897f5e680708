// Guests at addresses that no target of the worker has.
#include "schedule/guests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "schedule/asking_guests.h"
#include "schedule/scripts.h"
#include "support/scripted_responder.h"

namespace schedule {
namespace {

using namespace std::chrono_literals;
using probe::Outcome;
using End = probe::OneShotReport::End;
using support::Counts;
using support::ScriptedResponder;
using support::Where;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace step = support::step;

TEST(Guests, AreAnsweredOverEveryTransport) {
  RunningWorker worker({});
  AskingGuests guests(worker);
  std::size_t asked = 0;
  for (const Where where : {Where::tcp, Where::tcp6, Where::unix_path, Where::abstract_name}) {
    ScriptedResponder responder(where, {kPong});
    guests.ask(guest_plan(responder.address()), responder.address().text());
    const auto reports = guests.wait_for(++asked);
    ASSERT_EQ(reports.size(), asked);
    const probe::OneShotReport& report = reports.back();
    EXPECT_TRUE(probe::is_success(report));
    ASSERT_EQ(report.checks.size(), 1u);
    EXPECT_EQ(report.checks[0].attempt.response.body, "pong");
    EXPECT_GT(report.checks[0].conversation.sent_bytes, 0u);
    EXPECT_THAT(report.checks[0].conversation.received, HasSubstr("pong"));
    EXPECT_FALSE(report.checks[0].is_joined);
    EXPECT_GT(report.elapsed, 0ns);
  }
  EXPECT_TRUE(eventually([&] { return worker.descriptors().taken() == 0; }));
}

TEST(Guests, WithTheSameQuestionShareOneExchange) {
  ScriptedResponder responder(Where::tcp, {kLate, kPong});
  RunningWorker worker({});
  AskingGuests guests(worker);
  for (int i = 0; i < 50; ++i) guests.ask(guest_plan(responder.address()), "question");
  ASSERT_TRUE(responder.wait_for([](const Counts& c) { return c.requests == 1; }));
  AskingGuests last(worker);  // when it is answered, those before it have come
  ScriptedResponder another(Where::tcp, {kPong});
  last.ask(guest_plan(another.address()), "another");
  last.wait_for(1);
  responder.signal();
  EXPECT_EQ(guests.wait_for(50).size(), 50u);
  EXPECT_EQ(guests.successes(), 50u);
  EXPECT_EQ(responder.counts().requests, 1u);
}

TEST(Guests, WithOtherQuestionsTakeTurnsAtAnAddress) {
  ScriptedResponder responder(Where::unix_path, {kLate, kPong});
  RunningWorker worker({});
  AskingGuests guests(worker);
  guests.ask(guest_plan(responder.address()), "first");
  ASSERT_TRUE(responder.wait_for([](const Counts& c) { return c.requests == 1; }));
  for (int i = 0; i < 5; ++i) guests.ask(guest_plan(responder.address()), std::to_string(i));
  guests.ask(guest_plan(responder.address()), "has no time", 30ms);
  const probe::OneShotReport report = guests.wait_for(1)[0];
  EXPECT_FALSE(probe::is_success(report));
  EXPECT_EQ(report.checks.at(0).verdict.outcome, Outcome::response_timeout);
  EXPECT_TRUE(report.checks[0].is_joined);
  EXPECT_THAT(report.checks[0].verdict.detail, HasSubstr("an exchange of ours has been open"));
  EXPECT_EQ(responder.counts().accepted, 1u);
  responder.signal();
  EXPECT_EQ(guests.wait_for(7).size(), 7u);
  EXPECT_EQ(guests.successes(), 6u);
}

TEST(Guests, AskEveryCheckOneAfterTheOther) {
  ScriptedResponder responder(Where::tcp, {kPong});
  RunningWorker worker({});
  AskingGuests guests(worker);
  guests.ask(guest_plan(responder.address(), {{.name = "a"}, {.name = "b"}, {.name = "c"}}), "abc");
  const probe::OneShotReport report = guests.wait_for(1)[0];
  EXPECT_TRUE(probe::is_success(report));
  EXPECT_EQ(report.checks.size(), 3u);
  EXPECT_EQ(responder.counts().requests, 3u);
}

TEST(Guests, AreToldAtOnceWhatWentWrong) {
  ScriptedResponder refuses(Where::tcp, {kPong}, {.listens = false});
  ScriptedResponder resets(Where::tcp, {kReset});
  RunningWorker worker({});
  AskingGuests guests(worker);
  guests.ask(guest_plan(refuses.address(), {{.name = "a"}, {.name = "b"}}), "refused");
  probe::OneShotReport report = guests.wait_for(1)[0];
  EXPECT_EQ(report.checks.at(0).verdict.outcome, Outcome::refused);
  EXPECT_THAT(report.not_asked, ElementsAre("b"));
  EXPECT_TRUE(report.misses_a_decider);
  guests.ask(guest_plan(resets.address()), "reset");
  report = guests.wait_for(2)[1];
  EXPECT_EQ(report.checks.at(0).verdict.outcome, Outcome::closed_without_answer);
}

// The silent pool: one exchange of ours, however often it is asked about.
TEST(Guests, LeaveOneExchangeAtASilentAddress) {
  ScriptedResponder responder(Where::unix_path, {kLate, kPong});
  RunningWorker worker({});
  AskingGuests guests(worker);
  const auto plan = guest_plan(responder.address());
  guests.ask(plan, "question", 2s);
  const probe::OneShotReport first = guests.wait_for(1)[0];
  EXPECT_EQ(first.checks.at(0).verdict.outcome, Outcome::response_timeout);
  EXPECT_FALSE(first.checks[0].is_joined);
  EXPECT_GE(first.elapsed, 2s);
  EXPECT_TRUE(first.listen_queue.has_value());
  guests.ask(plan, "question", 30ms);
  guests.ask(guest_plan(responder.address()), "another", 30ms);
  for (const std::size_t i : {1, 2}) {
    const probe::OneShotReport later = guests.wait_for(3)[i];
    EXPECT_EQ(later.checks.at(0).verdict.outcome, Outcome::response_timeout);
    EXPECT_TRUE(later.checks[0].is_joined);
    // What the guest has waited, not what the exchange is old.
    EXPECT_LE(later.checks[0].attempt.phases[3], later.elapsed);
  }
  EXPECT_EQ(responder.counts().accepted, 1u);
  EXPECT_EQ(worker.descriptors().taken(), 1);
  // Whoever waits when it comes back is asked for anew.
  guests.ask(plan, "question");
  responder.signal();
  EXPECT_TRUE(probe::is_success(guests.wait_for(4)[3]));
  EXPECT_EQ(responder.counts().requests, 2u);
  EXPECT_TRUE(eventually([&] { return worker.descriptors().taken() == 0; }));
}

TEST(Guests, AbandonASilentAddressInTheEnd) {
  ScriptedResponder responder(Where::tcp, {kSilence, kPong});
  RunningWorker worker({});
  AskingGuests guests(worker);
  const auto plan = share(target_plan(
      {.name = "guest", .address = responder.address(), .timeout = 20ms, .abandon_after = 100ms},
      base::Clock::now()));
  guests.ask(plan, "question");
  EXPECT_EQ(guests.wait_for(1)[0].checks.at(0).verdict.outcome, Outcome::response_timeout);
  EXPECT_TRUE(eventually([&] { return worker.descriptors().taken() == 0; }));
  guests.ask(guest_plan(responder.address()), "later");
  guests.wait_for(2);
  EXPECT_EQ(guests.successes(), 1u);
}

TEST(Guests, SayThatThereIsNoDescriptor) {
  ScriptedResponder silent(Where::tcp, {kSilence});
  ScriptedResponder responder(Where::tcp, {kPong});
  RunningWorker worker({}, {.descriptors = 1});
  AskingGuests guests(worker);
  guests.ask(guest_plan(silent.address()), "silent");
  ASSERT_TRUE(silent.wait_for([](const Counts& c) { return c.requests == 1; }));
  guests.ask(guest_plan(responder.address()), "more");
  const probe::OneShotReport report = guests.wait_for(1)[0];
  EXPECT_EQ(report.end, End::no_descriptor);
  EXPECT_THAT(report.checks, IsEmpty());
  EXPECT_FALSE(probe::is_success(report));
}

TEST(Guests, AreAnsweredWhenTheWorkerStops) {
  ScriptedResponder silent(Where::tcp, {kSilence});
  RunningWorker worker({});
  AskingGuests guests(worker);
  guests.ask(guest_plan(silent.address()), "silent");
  ASSERT_TRUE(silent.wait_for([](const Counts& c) { return c.requests == 1; }));
  worker.stop();
  ASSERT_EQ(guests.answers().size(), 1u);
  EXPECT_EQ(guests.answers()[0].end, End::stopping);
  EXPECT_EQ(worker.descriptors().taken(), 0);
}

// Half of the addresses hang: each of the others is answered in its own time.
TEST(Guests, ThatHangAreInNobodysWay) {
  constexpr std::size_t kHalf = 500;
  const base::Address everywhere{.transport = base::Transport::tcp, .host = "0.0.0.0"};
  ScriptedResponder hanging(everywhere, {kSilence}, {.accepts = false, .backlog = 1024});
  ScriptedResponder healthy(everywhere, {kPong}, {.backlog = 1024});
  const auto plan_at = [](const ScriptedResponder& responder, std::size_t i) {
    base::Address address = responder.address();
    address.host = "127.0." + std::to_string(1 + i / 250) + "." + std::to_string(1 + i % 250);
    return guest_plan(address);
  };
  RunningWorker worker({});
  AskingGuests guests(worker);
  AskingGuests hung(worker);
  for (std::size_t i = 0; i < kHalf; ++i) {
    hung.ask(plan_at(hanging, i), "hangs " + std::to_string(i), 5s);
    guests.ask(plan_at(healthy, i), "healthy " + std::to_string(i));
  }
  EXPECT_EQ(guests.wait_for(kHalf).size(), kHalf);
  EXPECT_EQ(guests.successes(), kHalf);
  EXPECT_THAT(hung.answers(), IsEmpty());
  EXPECT_EQ(hung.wait_for(kHalf).size(), kHalf);
  EXPECT_EQ(hung.successes(), 0u);
}

}  // namespace
}  // namespace schedule
