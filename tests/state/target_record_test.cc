#include "state/target_record.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

namespace state {
namespace {

using testing::ElementsAre;

TargetIdentity identity_of(std::string name) {
  TargetIdentity identity;
  identity.name = std::move(name);
  identity.checks = {"ping"};
  return identity;
}

TEST(TargetRecord, PreparesEscapedLabelTexts) {
  TargetIdentity identity = identity_of("www");
  identity.labels = {{"app", "say \"shop\""}, {"path", "C:\\run"}};
  identity.checks = {"ping", "deep"};
  const auto record = make_record(identity, {}, {});
  EXPECT_EQ(record->identity().label_text, R"(target="www",app="say \"shop\"",path="C:\\run")");
  EXPECT_THAT(record->identity().check_label_texts,
              ElementsAre(R"(check="ping")", R"(check="deep")"));
}

TEST(TargetRecord, StartsWithZeroCountersForEveryCheckAndNoVerdict) {
  TargetIdentity identity = identity_of("www");
  identity.checks = {"ping", "deep"};
  TargetStatus status;
  make_record(identity, {}, base::TimePoint(std::chrono::hours(1)))->copy_to(status);
  ASSERT_EQ(status.checks.size(), 2u);
  for (const CheckStatus& check : status.checks) {
    EXPECT_EQ(check.planned + check.probes + check.passes + check.durations.count, 0u);
    EXPECT_FALSE(check.last_outcome.has_value());
  }
  EXPECT_EQ(status.health.health(base::TimePoint(std::chrono::hours(1))), probe::Health::unknown);
  EXPECT_EQ(base::unix_seconds(status.last_probe), 0);
}

TEST(TargetRecord, ThePoolIsTheConfiguredOneElseTheFirstLearned) {
  const auto page = [](const char* pool) {
    auto made = std::make_shared<phpfpm::StatusPage>();
    made->pool = pool;
    return made;
  };
  for (const char* configured : {"", "www"}) {
    TargetIdentity identity = identity_of("t");
    identity.pool = configured;
    TargetStatus status;
    make_record(identity, {}, {})->copy_to(status);
    EXPECT_EQ(status.pool.label_text, nullptr) << "before the first page";
    status.pool.keep(page("first"), {});
    const bool is_configured = !identity.pool.empty();
    EXPECT_EQ(*status.pool.label_text, is_configured ? R"(pool="www")" : R"(pool="first")");
    EXPECT_EQ(status.pool.parse_warnings, is_configured ? 1U : 0U);
  }
}

TEST(TargetRecord, TakesTheDefaultBucketsWhenNoneAreGiven) {
  EXPECT_EQ(make_record(identity_of("a"), {}, {})->identity().bounds, Bounds::defaults());
  TargetIdentity identity = identity_of("a");
  identity.bounds = *Bounds::make({1});
  EXPECT_EQ(make_record(identity, {}, {})->identity().bounds, identity.bounds);
}

TEST(TargetRecord, SaysWhenTheLabelTextIsTooLong) {
  TargetIdentity identity = identity_of("a");  // target="a",x="" is 15 bytes
  identity.labels = {{"x", std::string(kMaxLabelTextBytes - 15, 'y')}};
  EXPECT_TRUE(label_text_fits(identity));
  identity.labels[0].second += 'y';
  EXPECT_FALSE(label_text_fits(identity));
  identity.labels[0].second = std::string(kMaxLabelTextBytes / 2, '"');  // escaping counts too
  EXPECT_FALSE(label_text_fits(identity));
}

TEST(TargetRecord, NamesTheReasonsForASkip) {
  EXPECT_EQ(label(Skip::outstanding), "outstanding");
  EXPECT_EQ(label(Skip::backoff), "backoff");
  EXPECT_EQ(label(Skip::limit), "limit");
  EXPECT_EQ(label(Skip::missed), "missed");
}

TEST(TargetRecord, AReaderNeverSeesHalfAnUpdate) {
  constexpr std::uint64_t kUpdates = 20'000;
  const auto record = make_record(identity_of("www"), {}, {});
  std::atomic<std::uint64_t> torn{0};
  const auto read_until_done = [&] {
    TargetStatus status;
    do {
      record->copy_to(status);
      const CheckStatus& check = status.checks[0];
      const bool is_whole =
          check.planned == check.probes && check.probes == check.passes &&
          check.durations.count == check.passes &&
          (check.passes == 0 || *check.last_detail == std::to_string(check.passes));
      if (!is_whole) ++torn;
    } while (status.checks[0].passes < kUpdates);
  };
  std::thread first(read_until_done);
  std::thread second(read_until_done);
  const Bounds& bounds = *record->identity().bounds;
  for (std::uint64_t i = 1; i <= kUpdates; ++i) {
    auto detail = std::make_shared<const std::string>(std::to_string(i));
    record->update([&](TargetStatus& status) {
      CheckStatus& check = status.checks[0];
      ++check.planned;
      ++check.probes;
      ++check.passes;
      check.durations.observe(std::chrono::milliseconds(1), bounds);
      check.last_detail.swap(detail);
    });
  }
  first.join();
  second.join();
  EXPECT_EQ(torn, 0u);
}

}  // namespace
}  // namespace state
