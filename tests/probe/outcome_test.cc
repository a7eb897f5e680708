#include "probe/outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "probe/attempt.h"
#include "probe/checks.h"

namespace probe {
namespace {

struct Row {
  std::string_view label;
  std::string_view reason;
  std::string_view outcome_class;
  bool dead;
};

// The published table. These words are label values: a change here is a change for every dashboard.
const std::vector<Row> kPublished = {
    {"pass", "", "pass", kNotDead},
    {"resolve_failed", "resolve", "fail", kNotDead},
    {"refused", "connect", "fail", kDead},
    {"no_socket", "connect", "fail", kDead},
    {"unreachable", "connect", "fail", kNotDead},
    {"permission_denied", "connect", "fail", kNotDead},
    {"backlog_full", "connect", "busy", kNotDead},
    {"connect_timeout", "timeout", "fail", kNotDead},
    {"response_timeout", "timeout", "fail", kNotDead},
    {"closed_without_answer", "closed", "fail", kDead},
    {"closed_early", "closed", "fail", kDead},
    {"send_error", "closed", "fail", kNotDead},
    {"overloaded", "overloaded", "busy", kNotDead},
    {"server_busy", "overloaded", "busy", kNotDead},
    {"protocol_error", "protocol", "fail", kNotDead},
    {"not_fastcgi", "protocol", "fail", kNotDead},
    {"cannot_multiplex", "protocol", "fail", kNotDead},
    {"unknown_role", "protocol", "fail", kNotDead},
    {"response_too_large", "protocol", "fail", kNotDead},
    {"not_found", "status", "fail", kNotDead},
    {"access_denied", "status", "fail", kNotDead},
    {"bad_status", "status", "fail", kNotDead},
    {"app_status", "status", "fail", kNotDead},
    {"mismatch", "mismatch", "fail", kNotDead},
    {"bad_status_page", "mismatch", "fail", kNotDead},
};

TEST(Outcomes, AreTheOnesOfThePublishedTable) {
  ASSERT_EQ(kPublished.size(), kOutcomeCount);
  for (std::size_t i = 0; i < kOutcomeCount; ++i) {
    const OutcomeInfo& row = outcomes()[i];
    SCOPED_TRACE(kPublished[i].label);
    EXPECT_EQ(row.label, kPublished[i].label);
    EXPECT_EQ(label(row.outcome_class), kPublished[i].outcome_class);
    EXPECT_EQ(row.dead, kPublished[i].dead);
    if (row.outcome != Outcome::pass) {
      EXPECT_EQ(label(row.reason), kPublished[i].reason);
    }
  }
}

TEST(Outcomes, AreFoundByTheirValue) {
  for (const OutcomeInfo& row : outcomes()) {
    EXPECT_EQ(&info(row.outcome), &row);
    EXPECT_EQ(label(row.outcome), row.label);
  }
}

TEST(Outcomes, EachHaveASentenceOfTheirOwnThatFitsAnAnswer) {
  std::set<std::string_view> sentences;
  for (const OutcomeInfo& row : outcomes()) {
    SCOPED_TRACE(row.label);
    EXPECT_TRUE(sentences.insert(row.sentence).second);
    EXPECT_LE(row.sentence.size(), 200u);
    EXPECT_TRUE(row.sentence.ends_with('.'));
    EXPECT_EQ(row.sentence.find_first_of("\n\"\\"), std::string_view::npos);
  }
}

TEST(Outcomes, UseEveryReason) {
  std::set<std::string_view> used;
  for (const OutcomeInfo& row : outcomes()) {
    if (row.outcome != Outcome::pass) used.insert(label(row.reason));
  }
  EXPECT_EQ(used.size(), kReasonCount);
}

TEST(Outcomes, KnowWhichOfThemAreWholeAnswers) {
  std::vector<std::string_view> whole;
  for (const OutcomeInfo& row : outcomes()) {
    if (is_whole_answer(row.outcome)) whole.push_back(row.label);
  }
  EXPECT_THAT(whole,
              testing::ElementsAre("pass", "overloaded", "server_busy", "cannot_multiplex",
                                   "unknown_role", "not_found", "access_denied", "bad_status",
                                   "app_status", "mismatch", "bad_status_page"));
}

TEST(Phases, HaveTheLabelsOfThePublishedMetric) {
  std::vector<std::string_view> labels;
  for (std::size_t i = 0; i < kPhaseCount; ++i) labels.push_back(label(static_cast<Phase>(i)));
  EXPECT_THAT(labels, testing::ElementsAre("resolve", "connect", "send", "wait", "receive"));
}

}  // namespace
}  // namespace probe
