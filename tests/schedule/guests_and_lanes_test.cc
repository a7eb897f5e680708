// Guests of watched targets: they share the target's exchanges and leave no trace in its record.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/log.h"
#include "schedule/asking_guests.h"
#include "schedule/scripts.h"
#include "support/scripted_responder.h"

namespace schedule {
namespace {

using namespace std::chrono_literals;
using probe::Outcome;
using support::Counts;
using support::ScriptedResponder;
using support::Where;
using testing::HasSubstr;
namespace step = support::step;

TEST(GuestsAndLanes, AGuestJoinsTheExchangeUnderWay) {
  ScriptedResponder responder(Where::tcp, {kLate, kPong});
  const auto www = target(patient_wish(responder.address()));
  RunningWorker worker({www});
  AskingGuests guests(worker);
  ASSERT_TRUE(responder.wait_for([](const Counts& c) { return c.requests == 1; }));
  guests.ask(www, "own");
  guests.ask(www, "own");
  guests.ask(www, "has no time", 20ms);
  EXPECT_EQ(guests.wait_for(1)[0].checks.at(0).verdict.outcome, Outcome::response_timeout);
  EXPECT_EQ(responder.counts().accepted, 1u);
  EXPECT_EQ(check_of(www).probes, 0u);
  responder.signal();
  for (const probe::OneShotReport& report : guests.wait_for(3)) {
    EXPECT_TRUE(report.checks.at(0).is_joined);
  }
  EXPECT_EQ(guests.successes(), 2u);
}

// A guest's own exchange, and the beat that comes meanwhile.
TEST(GuestsAndLanes, ABeatTakesOverTheExchangeOfAGuest) {
  ScriptedResponder responder(Where::unix_path, {kPong, kLate, kPong});
  TargetWish slow = patient_wish(responder.address());
  slow.interval = 300ms;
  const auto www = target(slow);
  RunningWorker worker({www});
  AskingGuests guests(worker);
  ASSERT_TRUE(eventually([&] { return check_of(www).passes == 1; }));
  guests.ask(www, "own");
  ASSERT_TRUE(responder.wait_for([](const Counts& c) { return c.requests == 2; }));
  ASSERT_TRUE(eventually([&] { return check_of(www).planned >= 2; }));
  EXPECT_EQ(responder.counts().accepted, 2u);
  responder.signal();
  EXPECT_TRUE(probe::is_success(guests.wait_for(1)[0]));
  EXPECT_TRUE(eventually([&] { return check_of(www).passes >= 3; }));
  EXPECT_EQ(broken_promise(check_of(www)), "");
}

// Whatever a guest finds is not the target's: it keeps its counters and its health.
TEST(GuestsAndLanes, AGuestLeavesNoTrace) {
  ScriptedResponder responder(Where::tcp, {kPong});
  TargetWish seldom = patient_wish(responder.address());
  seldom.interval = 1h;
  seldom.stale_after = 2h;
  const auto www = target(seldom);
  RunningWorker worker({www});
  AskingGuests guests(worker);
  ASSERT_TRUE(eventually([&] { return check_of(www).passes == 1; }));
  for (std::size_t i = 1; i <= 10; ++i) {
    guests.ask(www, "own");
    ASSERT_EQ(guests.wait_for(i).size(), i);
  }
  EXPECT_EQ(guests.successes(), 10u);
  EXPECT_EQ(responder.counts().requests, 11u);
  const state::CheckStatus after = check_of(www);
  EXPECT_EQ(after.planned, 1u);
  EXPECT_EQ(after.probes, 1u);
  EXPECT_EQ(all_skipped(after), 0u);
  EXPECT_EQ(after.durations.count, 1u);
}

TEST(GuestsAndLanes, AnOverdueExchangeIsNotAddedTo) {
  ScriptedResponder responder(Where::unix_path, {kLate, kPong});
  TargetWish quick = patient_wish(responder.address());
  quick.timeout = 50ms;
  const auto www = target(quick);
  RunningWorker worker({www});
  AskingGuests guests(worker);
  ASSERT_TRUE(eventually([&] { return check_of(www).probes == 1; }));
  guests.ask(www, "own");
  guests.ask(target(quick), "another module");
  for (const probe::OneShotReport& report : guests.wait_for(2)) {
    EXPECT_EQ(report.checks.at(0).verdict.outcome, Outcome::response_timeout);
    EXPECT_THAT(report.checks[0].verdict.detail, HasSubstr("an exchange of ours has been open"));
  }
  EXPECT_EQ(responder.counts().accepted, 1u);
  // The lane's exchange goes on: its answer still counts as a late one.
  responder.signal();
  EXPECT_TRUE(eventually([&] { return check_of(www).late_answers == 1; }));
}

// A question that is not the lane's own must not keep its beats from it.
TEST(GuestsAndLanes, ABeatDoesNotWaitForAnotherQuestion) {
  ScriptedResponder responder(Where::tcp, {kPong, kSilence, kPong});
  TargetWish slow = patient_wish(responder.address());
  slow.interval = 300ms;
  const auto www = target(slow);
  RunningWorker worker({www});
  AskingGuests guests(worker);
  ASSERT_TRUE(eventually([&] { return check_of(www).passes == 1; }));
  guests.ask(target(slow), "another module");
  EXPECT_TRUE(eventually([&] { return check_of(www).passes >= 3; }));
  // A stalled machine may skip some, but not the 100 of the 30 s that the question may take.
  EXPECT_LT(all_skipped(check_of(www)), 20u);
  // It is asked again when the lane is done.
  EXPECT_TRUE(probe::is_success(guests.wait_for(1)[0]));
}

TEST(GuestsAndLanes, AGuestIsAnsweredWhenItsTargetLeavesOrChanges) {
  ScriptedResponder responder(Where::tcp, {kSilence, kSilence, kPong});
  const auto www = target(patient_wish(responder.address()));
  RunningWorker worker({www});
  AskingGuests guests(worker);
  ASSERT_TRUE(responder.wait_for([](const Counts& c) { return c.requests == 1; }));
  guests.ask(www, "own");
  worker.replace({target(patient_wish(responder.address()))});  // another plan for the same address
  ASSERT_TRUE(responder.wait_for([](const Counts& c) { return c.requests == 2; }));
  worker.replace({});
  EXPECT_TRUE(probe::is_success(guests.wait_for(1)[0]));
  EXPECT_TRUE(eventually([&] { return worker.descriptors().taken() == 0; }));
}

// A target that comes to an address where a guest has a room: still one exchange at a time.
TEST(GuestsAndLanes, AGuestMovesOverToATargetThatComes) {
  ScriptedResponder responder(Where::tcp, {kSilence, kPong});
  RunningWorker worker({});
  AskingGuests guests(worker);
  guests.ask(target(patient_wish(responder.address())), "a room");
  ASSERT_TRUE(responder.wait_for([](const Counts& c) { return c.requests == 1; }));
  const auto www = target(patient_wish(responder.address()));
  worker.replace({www});
  EXPECT_TRUE(probe::is_success(guests.wait_for(1)[0]));
  EXPECT_TRUE(eventually([&] { return check_of(www).passes >= 2; }));
}

// Guests and reloads without pause, for the thread sanitizer and for the promises of the record.
TEST(GuestsAndLanes, ManyAtOnceBreakNoPromise) {
  base::log::configure(base::log::Level::warn, base::log::Format::logfmt);
  ScriptedResponder responder(Where::tcp, {kPong});
  const auto stays = target(patient_wish(responder.address()));
  SteadyReader reader({stays});
  RunningWorker worker({stays});
  AskingGuests guests(worker);
  for (int i = 0; i < 300; ++i) {
    const auto changes = target(patient_wish(responder.address()));
    worker.replace({stays, changes});
    guests.ask(stays, "own");
    guests.ask(changes, "changes " + std::to_string(i));
    guests.ask(stays, "hurried", 1ms);
  }
  guests.wait_for(900);
  EXPECT_GE(guests.successes(), 600u);
  EXPECT_EQ(reader.finish(), "");
  base::log::configure(base::log::Level::info, base::log::Format::logfmt);
}

}  // namespace
}  // namespace schedule
