#include "state/failures.h"

#include <gtest/gtest.h>

#include <vector>

namespace state {
namespace {

std::shared_ptr<TargetRecord> record(const std::string& name) {
  TargetIdentity identity;
  identity.name = name;
  return make_record(std::move(identity), {}, {});
}

Failure failure(probe::Outcome outcome) {
  Failure failure;
  failure.outcome = outcome;
  return failure;
}

TEST(Failures, KeepTheLastOfEachTarget) {
  Failures failures;
  const auto www = record("www");
  EXPECT_EQ(failures.of(*www), nullptr);
  failures.keep(www, failure(probe::Outcome::refused));
  failures.keep(www, failure(probe::Outcome::mismatch));
  ASSERT_NE(failures.of(*www), nullptr);
  EXPECT_EQ(failures.of(*www)->outcome, probe::Outcome::mismatch);
}

TEST(Failures, LetGoOfTheOldestTarget) {
  Failures failures;
  std::vector<std::shared_ptr<TargetRecord>> records;
  for (std::size_t i = 0; i <= kMaxFailuresKept; ++i) {
    records.push_back(record("t" + std::to_string(i)));
    failures.keep(records.back(), failure(probe::Outcome::refused));
    failures.keep(records.front(), failure(probe::Outcome::refused));  // never the oldest
  }
  EXPECT_NE(failures.of(*records[0]), nullptr);
  EXPECT_EQ(failures.of(*records[1]), nullptr);
  for (std::size_t i = 2; i < records.size(); ++i) EXPECT_NE(failures.of(*records[i]), nullptr);
  EXPECT_EQ(records[1].use_count(), 1);
}

TEST(Failures, AreOfTheRecordAndNotOfTheName) {
  Failures failures;
  failures.keep(record("www"), failure(probe::Outcome::refused));
  EXPECT_EQ(failures.of(*record("www")), nullptr);
}

}  // namespace
}  // namespace state
