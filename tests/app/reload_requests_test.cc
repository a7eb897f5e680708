#include "app/reload_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ReloadRequestsTest : public testing::Test {
 protected:
  void ask() {
    requests_.ask([this](const web::ReloadResult& result) { ends_.push_back(result.end); });
  }

  int wakes_ = 0;
  std::vector<web::ReloadResult::End> ends_;  // as they were answered
  ReloadRequests requests_{[this] { ++wakes_; }};
};

TEST_F(ReloadRequestsTest, WaitForTheControlLoopWhichTakesThemTogether) {
  ask();
  ask();
  EXPECT_EQ(wakes_, 2);
  EXPECT_THAT(ends_, IsEmpty());
  for (const web::ReloadDone& done : requests_.take()) done({.end = web::ReloadResult::End::bad});
  EXPECT_THAT(ends_, ElementsAre(web::ReloadResult::End::bad, web::ReloadResult::End::bad));
  EXPECT_THAT(requests_.take(), IsEmpty());
}

TEST_F(ReloadRequestsTest, AreAllAnsweredAtTheEnd) {
  ask();
  requests_.close();
  ask();
  EXPECT_THAT(ends_,
              ElementsAre(web::ReloadResult::End::stopping, web::ReloadResult::End::stopping));
  EXPECT_THAT(requests_.take(), IsEmpty());
  requests_.close();
  EXPECT_EQ(ends_.size(), 2u);
}

TEST(ReloadRequests, FromManyThreadsAreEachAnsweredOnce) {
  constexpr int kThreads = 4;
  constexpr int kEach = 500;
  std::atomic<int> answered = 0;
  ReloadRequests requests([] {});
  std::vector<std::thread> askers;
  for (int i = 0; i < kThreads; ++i) {
    askers.emplace_back([&] {
      for (int n = 0; n < kEach; ++n) requests.ask([&](const web::ReloadResult&) { ++answered; });
    });
  }
  while (answered < kThreads * kEach / 2) {
    for (const web::ReloadDone& done : requests.take()) done({});
  }
  requests.close();
  for (std::thread& asker : askers) asker.join();
  EXPECT_EQ(answered, kThreads * kEach);
}

}  // namespace
}  // namespace app
