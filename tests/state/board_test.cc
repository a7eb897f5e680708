#include "state/board.h"

#include <gmock/gmock.h>

#include <atomic>
#include <string>
#include <thread>

namespace state {
namespace {

using Records = std::vector<std::shared_ptr<TargetRecord>>;

std::shared_ptr<TargetRecord> record_named(std::string name) {
  TargetIdentity identity;
  identity.name = std::move(name);
  return make_record(std::move(identity), {}, {});
}

std::shared_ptr<const TargetSet> set_of(const std::vector<std::string>& names) {
  Records records;
  for (const std::string& name : names) records.push_back(record_named(name));
  return std::make_shared<const TargetSet>(std::move(records));
}

std::vector<std::string> names_of(const TargetSet& set) {
  std::vector<std::string> names;
  for (const auto& record : set.records()) names.push_back(record->identity().name);
  return names;
}

TEST(TargetSet, IsSortedByName) {
  EXPECT_THAT(names_of(*set_of({"c", "a", "b10", "b2", "B"})),
              testing::ElementsAre("B", "a", "b10", "b2", "c"));
}

TEST(TargetSet, FindsExactlyTheNamesInIt) {
  const auto set = set_of({"www", "api", "shop"});
  for (const char* name : {"www", "api", "shop"}) {
    ASSERT_NE(set->find(name), nullptr);
    EXPECT_EQ(set->find(name)->identity().name, name);
  }
  for (const char* name : {"", "ap", "apis", "zzz", "WWW"})
    EXPECT_EQ(set->find(name), nullptr) << name;
  EXPECT_EQ(set_of({})->find("www"), nullptr);
}

TEST(Board, IsEmptyAtFirst) {
  const Board board;
  ASSERT_NE(board.targets(), nullptr);
  EXPECT_TRUE(board.targets()->records().empty());
}

TEST(Board, AReaderKeepsTheSetItTook) {
  Board board;
  board.replace(set_of({"old"}));
  const auto taken = board.targets();
  board.replace(set_of({"new"}));
  EXPECT_NE(taken->find("old"), nullptr);
  EXPECT_EQ(board.targets()->find("old"), nullptr);
  EXPECT_NE(board.targets()->find("new"), nullptr);
}

// Each set holds names of one generation only, so a mixture would show.
TEST(Board, ReadersSeeWholeSetsWhileTheyAreReplaced) {
  constexpr int kGenerations = 500;
  Board board;
  board.replace(set_of({"a0", "b0"}));
  std::atomic<bool> done{false};
  std::atomic<int> mixed{0};
  const auto read = [&] {
    do {
      const auto set = board.targets();
      const std::string generation = set->records()[0]->identity().name.substr(1);
      if (set->find("b" + generation) == nullptr) ++mixed;
    } while (!done);
  };
  std::thread first(read);
  std::thread second(read);
  for (int i = 1; i <= kGenerations; ++i) {
    board.replace(set_of({"a" + std::to_string(i), "b" + std::to_string(i)}));
  }
  done = true;
  first.join();
  second.join();
  EXPECT_EQ(mixed, 0);
  EXPECT_EQ(names_of(*board.targets()).back(), "b" + std::to_string(kGenerations));
}

}  // namespace
}  // namespace state
