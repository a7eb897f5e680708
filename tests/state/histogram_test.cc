#include "state/histogram.h"

#include <gmock/gmock.h>

#include <limits>

namespace state {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Bounds, DefaultsReachFromHalfAMillisecondToHalfAMinute) {
  const auto& bounds = Bounds::defaults()->seconds();
  EXPECT_EQ(bounds.front(), 0.0005);
  EXPECT_EQ(bounds.back(), 30);
  EXPECT_LE(bounds.size(), kMaxBuckets);
}

TEST(Bounds, PrepareTheirLabelsWithInfinityLast) {
  const auto bounds = Bounds::make({0.0001, 1, 2.5});
  EXPECT_THAT((*bounds)->label_texts(),
              ElementsAre(R"(le="0.0001")", R"(le="1.0")", R"(le="2.5")", R"(le="+Inf")"));
}

TEST(Bounds, ABoundBelongsToItsOwnBucket) {
  const auto bounds = *Bounds::make({0.001, 0.1, 1});
  EXPECT_EQ(bounds->bucket_of(nanoseconds(0)), 0u);
  EXPECT_EQ(bounds->bucket_of(milliseconds(1)), 0u);
  EXPECT_EQ(bounds->bucket_of(milliseconds(1) + nanoseconds(1)), 1u);
  EXPECT_EQ(bounds->bucket_of(milliseconds(100)), 1u);
  EXPECT_EQ(bounds->bucket_of(seconds(1)), 2u);
  EXPECT_EQ(bounds->bucket_of(seconds(1) + nanoseconds(1)), 3u);
}

TEST(Bounds, EveryDefaultBoundBelongsToItsOwnBucket) {
  const auto bounds = Bounds::defaults();
  for (std::size_t i = 0; i < bounds->seconds().size(); ++i) {
    const microseconds exact(static_cast<std::int64_t>(bounds->seconds()[i] * 1e6 + 0.5));
    EXPECT_EQ(bounds->bucket_of(exact), i);
    EXPECT_EQ(bounds->bucket_of(exact + nanoseconds(1)), i + 1);
  }
}

TEST(Bounds, RefuseWhatIsNoAscendingListOfSeconds) {
  const double infinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const std::vector<double>& bad : std::vector<std::vector<double>>{
           {0}, {-1}, {1, 1}, {2, 1}, {infinity}, {1, infinity}, {nan}, {1, nan}, {nan, 1}}) {
    const auto bounds = Bounds::make(bad);
    ASSERT_FALSE(bounds);
    EXPECT_THAT(bounds.error(), HasSubstr("each larger than the one before"));
  }
  EXPECT_EQ(Bounds::make({2, 1}).error(),
            "bucket 1.0 after 2.0: give finite seconds above 0, each larger than the one before");
}

TEST(Bounds, RefuseNoneAndTooMany) {
  EXPECT_EQ(Bounds::make({}).error(), "0 buckets: give 1 to 24 upper bounds in seconds");
  std::vector<double> many;
  for (std::size_t i = 0; i < kMaxBuckets; ++i) many.push_back(static_cast<double>(i + 1));
  EXPECT_TRUE(Bounds::make(many));
  many.push_back(1000);
  EXPECT_EQ(Bounds::make(many).error(), "25 buckets: give 1 to 24 upper bounds in seconds");
}

TEST(Histogram, CountsEveryDurationOnce) {
  const auto bounds = *Bounds::make({0.01, 1});
  Histogram histogram;
  for (const auto duration :
       {milliseconds(1), milliseconds(10), milliseconds(500), milliseconds(2000)}) {
    histogram.observe(duration, *bounds);
  }
  EXPECT_EQ(histogram.counts[0], 2u);
  EXPECT_EQ(histogram.counts[1], 1u);
  EXPECT_EQ(histogram.counts[2], 1u);
  EXPECT_EQ(histogram.count, 4u);
  EXPECT_DOUBLE_EQ(histogram.sum_seconds, 2.511);
}

TEST(Histogram, NeverFalls) {
  const auto bounds = Bounds::defaults();
  Histogram histogram;
  histogram.observe(milliseconds(-5), *bounds);
  EXPECT_EQ(histogram.count, 1u);
  EXPECT_EQ(histogram.counts[0], 1u);
  EXPECT_EQ(histogram.sum_seconds, 0);
}

}  // namespace
}  // namespace state
