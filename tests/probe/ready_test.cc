#include "probe/ready.h"

#include <gtest/gtest.h>

#include <limits>
#include <ostream>
#include <string>

namespace probe {
namespace {

struct Case {
  const char* name;
  ReadyRules rules;
  Load load;
  const char* want;  // empty: ready
};

void PrintTo(const Case& shown, std::ostream* out) {
  *out << shown.name;
}

class Ready : public testing::TestWithParam<Case> {};

TEST_P(Ready, UnlessARuleIsBroken) {
  EXPECT_EQ(reason_not_ready(GetParam().rules, GetParam().load), GetParam().want);
}

const auto name_of = [](const auto& test) { return std::string(test.param.name); };

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
    testing::Values(Case{"off", {}, kFull, ""}, Case{"empty", kQueue, waiting(0), ""},
                    Case{"at_the_threshold", kQueue, waiting(10), ""},
                    Case{"above_it", kQueue, waiting(11),
                         "11 waiting in the listen queue, ready up to 10"},
                    Case{"none_may_wait",
                         {.max_listen_queue = 0, .max_active_ratio = {}},
                         waiting(1),
                         "1 waiting in the listen queue, ready up to 0"},
                    Case{"unknown", kQueue, active(20, 20), ""},
                    Case{"beyond_32_bit", kQueue, waiting(4294967296),
                         "4294967296 waiting in the listen queue, ready up to 10"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Ratio, Ready,
    testing::Values(Case{"at_the_threshold", kRatio, active(9, 10), ""},
                    Case{"above_it", kRatio, active(19, 20),
                         "19 of 20 processes active, ready up to a ratio of 0.9"},
                    Case{"all_may_be_active",
                         {.max_listen_queue = {}, .max_active_ratio = 1},
                         active(20, 20),
                         ""},
                    // The figures of a status page are not taken at one moment.
                    Case{"more_than_all",
                         {.max_listen_queue = {}, .max_active_ratio = 1},
                         active(21, 20),
                         "21 of 20 processes active, ready up to a ratio of 1"},
                    Case{"idle", {.max_listen_queue = {}, .max_active_ratio = 0}, active(0, 5), ""},
                    Case{"unknown_active",
                         kRatio,
                         {.listen_queue = 500, .active_processes = {}, .max_children = 20},
                         ""},
                    Case{"unknown_max_children",
                         kRatio,
                         {.listen_queue = 500, .active_processes = 20, .max_children = {}},
                         ""},
                    Case{"no_children_at_all", kRatio, active(20, 0), ""}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Both, Ready,
    testing::Values(
        Case{"kept", kBoth, {.listen_queue = 1, .active_processes = 2, .max_children = 5}, ""},
        Case{"nothing_known", kBoth, {}, ""},
        Case{"broken", kBoth, kFull,
             "500 waiting in the listen queue, ready up to 10; 20 of 20 processes "
             "active, ready up to a ratio of 0.9"}),
    name_of);

}  // namespace
}  // namespace probe
