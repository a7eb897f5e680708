#include "probe/ready.h"
#include "support/named_case.h"

#include <gtest/gtest.h>

#include <limits>
#include <ostream>
#include <string>

namespace probe {
namespace {

struct ReadyCase {
  const char* name;
  ReadyRules rules;
  Load load;
  const char* want;  // empty: ready
};

void PrintTo(const ReadyCase& shown, std::ostream* out) {
  *out << shown.name;
}

class Ready : public testing::TestWithParam<ReadyCase> {};

TEST_P(Ready, UnlessARuleIsBroken) {
  EXPECT_EQ(reason_not_ready(GetParam().rules, GetParam().load), GetParam().want);
}

constexpr Load kFull = {.listen_queue = 500, .active_processes = 20, .max_children = 20};
constexpr ReadyRules kQueue = {.max_listen_queue = 10, .max_active_ratio = {}};
constexpr ReadyRules kRatio = {.max_listen_queue = {}, .max_active_ratio = 0.9};
constexpr ReadyRules kBoth = {.max_listen_queue = 10, .max_active_ratio = 0.9};

constexpr Load waiting(std::uint64_t connections) {
  return {.listen_queue = connections, .active_processes = {}, .max_children = {}};
}

constexpr Load active(std::uint64_t processes, std::uint32_t max_children) {
  return {.listen_queue = {}, .active_processes = processes, .max_children = max_children};
}

INSTANTIATE_TEST_SUITE_P(
    Queue, Ready,
    testing::Values(ReadyCase{"off", {}, kFull, ""}, ReadyCase{"empty", kQueue, waiting(0), ""},
                    ReadyCase{"at_the_threshold", kQueue, waiting(10), ""},
                    ReadyCase{"above_it", kQueue, waiting(11),
                              "11 waiting in the listen queue, ready up to 10"},
                    ReadyCase{"none_may_wait",
                              {.max_listen_queue = 0, .max_active_ratio = {}},
                              waiting(1),
                              "1 waiting in the listen queue, ready up to 0"},
                    ReadyCase{"unknown", kQueue, active(20, 20), ""},
                    ReadyCase{"beyond_32_bit", kQueue, waiting(4294967296),
                              "4294967296 waiting in the listen queue, ready up to 10"}),
    support::name_of);

INSTANTIATE_TEST_SUITE_P(
    Ratio, Ready,
    testing::Values(ReadyCase{"at_the_threshold", kRatio, active(9, 10), ""},
                    ReadyCase{"above_it", kRatio, active(19, 20),
                              "19 of 20 processes active, ready up to a ratio of 0.9"},
                    ReadyCase{"all_may_be_active",
                              {.max_listen_queue = {}, .max_active_ratio = 1},
                              active(20, 20),
                              ""},
                    // The figures of a status page are not taken at one moment.
                    ReadyCase{"more_than_all",
                              {.max_listen_queue = {}, .max_active_ratio = 1},
                              active(21, 20),
                              "21 of 20 processes active, ready up to a ratio of 1"},
                    ReadyCase{
                        "idle", {.max_listen_queue = {}, .max_active_ratio = 0}, active(0, 5), ""},
                    ReadyCase{"unknown_active",
                              kRatio,
                              {.listen_queue = 500, .active_processes = {}, .max_children = 20},
                              ""},
                    ReadyCase{"unknown_max_children",
                              kRatio,
                              {.listen_queue = 500, .active_processes = 20, .max_children = {}},
                              ""},
                    ReadyCase{"no_children_at_all", kRatio, active(20, 0), ""}),
    support::name_of);

INSTANTIATE_TEST_SUITE_P(
    Both, Ready,
    testing::Values(
        ReadyCase{"kept", kBoth, {.listen_queue = 1, .active_processes = 2, .max_children = 5}, ""},
        ReadyCase{"nothing_known", kBoth, {}, ""},
        ReadyCase{"broken", kBoth, kFull,
                  "500 waiting in the listen queue, ready up to 10; 20 of 20 processes "
                  "active, ready up to a ratio of 0.9"}),
    support::name_of);

}  // namespace
}  // namespace probe
