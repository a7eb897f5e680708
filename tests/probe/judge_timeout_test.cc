// What the two time-outs mean, by the evidence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "probe/attempts.h"
#include "probe/checks.h"
#include "probe/judge.h"
#include "support/named_case.h"

namespace probe {
namespace {

using testing::HasSubstr;

struct TimeoutCase {
  const char* name;
  Attempt attempt;
  Evidence evidence;
  OutcomeClass want_class;
  bool want_dead;
  const char* detail;
};

void PrintTo(const TimeoutCase& shown, std::ostream* out) {
  *out << shown.name;
}

class JudgeWeighsATimeout : public testing::TestWithParam<TimeoutCase> {};

TEST_P(JudgeWeighsATimeout, ByTheEvidence) {
  const TimeoutCase& c = GetParam();
  const Verdict verdict = judge(c.attempt, ping(), c.evidence);
  EXPECT_EQ(label(verdict.outcome_class), label(c.want_class));
  EXPECT_EQ(verdict.dead, c.want_dead);
  EXPECT_THAT(verdict.detail, HasSubstr(c.detail));
}

constexpr auto kBusy = OutcomeClass::busy;
constexpr auto kFail = OutcomeClass::fail;
constexpr ListenQueue kEmpty = {.length = 0, .limit = 128};
constexpr ListenQueue kOne = {.length = 1, .limit = 128};

INSTANTIATE_TEST_SUITE_P(
    Connecting, JudgeWeighsATimeout,
    testing::Values(
        TimeoutCase{"queue_unreadable", timed_out(Phase::connect), {}, kFail, kNotDead, "no conn"},
        TimeoutCase{"queue_has_room",
                    timed_out(Phase::connect),
                    {.listen_queue = ListenQueue{127, 128}},
                    kFail,
                    kNotDead,
                    "127 waiting in the listen queue, limit 128"},
        // A backlog of N holds N + 1; one may have left since our packets were dropped.
        TimeoutCase{"queue_at_its_limit",
                    timed_out(Phase::connect),
                    {.listen_queue = ListenQueue{128, 128}},
                    kBusy,
                    kNotDead,
                    "128 waiting"},
        TimeoutCase{"queue_full",
                    timed_out(Phase::connect),
                    {.listen_queue = ListenQueue{129, 128}},
                    kBusy,
                    kNotDead,
                    "129 waiting"},
        TimeoutCase{"smallest_queue_full",
                    timed_out(Phase::connect),
                    {.listen_queue = ListenQueue{1, 0}},
                    kBusy,
                    kNotDead,
                    "1 waiting"},
        TimeoutCase{"smallest_queue_empty",
                    timed_out(Phase::connect),
                    {.listen_queue = ListenQueue{0, 0}},
                    kFail,
                    kNotDead,
                    "0 waiting"},
        TimeoutCase{"no_worker_is_idle_behind_a_queue_that_cannot_be_read",
                    timed_out(Phase::connect),
                    {.status_address = StatusAddressAnswer::no_idle_worker},
                    kBusy,
                    kNotDead,
                    "no worker is idle"},
        TimeoutCase{"the_status_address_says_nothing_about_packets",
                    timed_out(Phase::connect),
                    {.status_address = StatusAddressAnswer::timed_out},
                    kFail,
                    kNotDead,
                    "no connection"}),
    support::name_of);

INSTANTIATE_TEST_SUITE_P(
    Queue, JudgeWeighsATimeout,
    testing::Values(
        TimeoutCase{"unreadable", timed_out(Phase::wait), {}, kFail, kNotDead, "cannot be read"},
        TimeoutCase{"our_own_entry_waits",
                    timed_out(Phase::wait),
                    {.listen_queue = kOne},
                    kBusy,
                    kNotDead,
                    "1 waiting in the listen queue, limit 128: no worker is free"},
        TimeoutCase{"many_wait",
                    timed_out(Phase::wait),
                    {.listen_queue = ListenQueue{129, 128}},
                    kBusy,
                    kNotDead,
                    "129 waiting"},
        TimeoutCase{"empty",
                    timed_out(Phase::wait),
                    {.listen_queue = kEmpty},
                    kFail,
                    kDead,
                    "the listen queue is empty: a worker took the request and is silent"},
        TimeoutCase{"empty_while_sending",
                    timed_out(Phase::send),
                    {.listen_queue = kEmpty},
                    kFail,
                    kDead,
                    "is silent"}),
    support::name_of);

INSTANTIATE_TEST_SUITE_P(
    StatusAddress, JudgeWeighsATimeout,
    testing::Values(TimeoutCase{"no_idle_worker",
                                timed_out(Phase::wait),
                                {.status_address = StatusAddressAnswer::no_idle_worker},
                                kBusy,
                                kNotDead,
                                "no worker is idle"},
                    TimeoutCase{"no_idle_worker_before_an_empty_queue",
                                timed_out(Phase::wait),
                                {kEmpty, StatusAddressAnswer::no_idle_worker},
                                kBusy,
                                kNotDead,
                                "no worker is idle"},
                    TimeoutCase{"idle_worker",
                                timed_out(Phase::wait),
                                {.status_address = StatusAddressAnswer::idle_worker},
                                kFail,
                                kDead,
                                "shows idle workers"},
                    TimeoutCase{"idle_worker_before_a_waiting_entry",
                                timed_out(Phase::wait),
                                {kOne, StatusAddressAnswer::idle_worker},
                                kFail,
                                kDead,
                                "shows idle workers"},
                    TimeoutCase{"silent_too",
                                timed_out(Phase::wait),
                                {.status_address = StatusAddressAnswer::timed_out},
                                kFail,
                                kDead,
                                "the status address is silent, too"},
                    TimeoutCase{"silent_before_a_waiting_entry",
                                timed_out(Phase::wait),
                                {kOne, StatusAddressAnswer::timed_out},
                                kFail,
                                kDead,
                                "silent, too"},
                    TimeoutCase{"unusable_leaves_it_to_the_queue",
                                timed_out(Phase::wait),
                                {kOne, StatusAddressAnswer::unusable},
                                kBusy,
                                kNotDead,
                                "1 waiting"},
                    TimeoutCase{"no_idle_worker_and_a_waiting_entry",
                                timed_out(Phase::wait),
                                {kOne, StatusAddressAnswer::no_idle_worker},
                                kBusy,
                                kNotDead,
                                "no worker is idle"},
                    TimeoutCase{"idle_worker_and_an_empty_queue",
                                timed_out(Phase::wait),
                                {kEmpty, StatusAddressAnswer::idle_worker},
                                kFail,
                                kDead,
                                "shows idle workers"},
                    TimeoutCase{"silent_and_an_empty_queue",
                                timed_out(Phase::wait),
                                {kEmpty, StatusAddressAnswer::timed_out},
                                kFail,
                                kDead,
                                "silent, too"},
                    TimeoutCase{"unusable_and_an_empty_queue",
                                timed_out(Phase::wait),
                                {kEmpty, StatusAddressAnswer::unusable},
                                kFail,
                                kDead,
                                "the listen queue is empty"},
                    TimeoutCase{"unusable_and_no_queue",
                                timed_out(Phase::wait),
                                {.status_address = StatusAddressAnswer::unusable},
                                kFail,
                                kNotDead,
                                "cannot be read"}),
    support::name_of);

// A byte a second is slow, and proves that somebody serves.
INSTANTIATE_TEST_SUITE_P(
    BytesCame, JudgeWeighsATimeout,
    testing::Values(TimeoutCase{"queue_empty",
                                timed_out(Phase::receive, 8),
                                {.listen_queue = kEmpty},
                                kFail,
                                kNotDead,
                                "a worker has begun to answer"},
                    TimeoutCase{"queue_waits",
                                timed_out(Phase::receive, 8),
                                {.listen_queue = kOne},
                                kBusy,
                                kNotDead,
                                "no worker is free"},
                    TimeoutCase{"status_address_shows_idle_workers",
                                timed_out(Phase::receive, 8),
                                {.status_address = StatusAddressAnswer::idle_worker},
                                kFail,
                                kNotDead,
                                "a worker has begun to answer"},
                    TimeoutCase{"status_address_shows_no_idle_worker",
                                timed_out(Phase::receive, 8),
                                {.status_address = StatusAddressAnswer::no_idle_worker},
                                kBusy,
                                kNotDead,
                                "no worker is idle"},
                    TimeoutCase{"status_address_silent",
                                timed_out(Phase::receive, 8),
                                {.status_address = StatusAddressAnswer::timed_out},
                                kFail,
                                kNotDead,
                                "a worker has begun to answer"}),
    support::name_of);

}  // namespace
}  // namespace probe
