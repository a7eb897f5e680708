#include "web/routes.h"
#include "web/answers.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <optional>

namespace web {
namespace {

using testing::HasSubstr;

class ReloadRoute : public testing::Test {
 protected:
  http::Answer ask(std::function<void(ReloadDone)> reload) {
    const auto routes = make_routes(std::make_shared<const Services>(
        Services{.board = board_,
                 .vitals = vitals_,
                 .failures = failures_,
                 .started = {},
                 .readings = [] { return metrics::ExporterReadings{}; },
                 .reload = std::move(reload)}));
    const auto route = std::ranges::find(routes, "/-/reload", &http::Route::path);
    EXPECT_TRUE(route->post);
    EXPECT_FALSE(route->get);
    EXPECT_EQ(route->cost, http::Cost::parked);
    std::optional<http::Answer> given;
    route->answer_later({}, [&given](http::Answer answer) { given = std::move(answer); });
    return given.value();
  }

  http::Answer answer_for(ReloadResult result) {
    return ask([result](const ReloadDone& done) { done(result); });
  }

 private:
  state::Board board_;
  const state::Vitals vitals_{1};
  const state::Failures failures_{};
};

TEST_F(ReloadRoute, SaysWhetherTheNewConfigurationIsInForce) {
  const http::Answer answer = answer_for({});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(body(answer), "OK\n");
}

TEST_F(ReloadRoute, ShowsEveryProblem) {
  const http::Answer answer =
      answer_for({.end = ReloadResult::End::bad, .problems = "a.yaml:1: one\na.yaml:2: two"});
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(body(answer), HasSubstr("\na.yaml:1: one\na.yaml:2: two\n"));
}

TEST_F(ReloadRoute, SaysThatTheExporterIsStopping) {
  EXPECT_EQ(answer_for({.end = ReloadResult::End::stopping}).status, 503);
}

TEST_F(ReloadRoute, NamesTheFlagThatItNeeds) {
  const http::Answer answer = ask(nullptr);
  EXPECT_EQ(answer.status, 403);
  EXPECT_THAT(body(answer), HasSubstr("--web.enable-lifecycle"));
}

// A worker whose loop has never turned, and who has had `age` for it.
http::Answer own_health(base::Duration age) {
  const state::Board board;
  const state::Vitals vitals{1};
  const state::Failures failures{};
  const auto routes = make_routes(std::make_shared<const Services>(
      Services{.board = board,
               .vitals = vitals,
               .failures = failures,
               .started = base::Clock::now() - age,
               .readings = [] { return metrics::ExporterReadings{}; },
               .reload = nullptr}));
  return std::ranges::find(routes, "/healthz", &http::Route::path)->answer({});
}

TEST(OwnHealth, IsToldFromThatOfAnyOtherServerByAHeader) {
  using testing::ElementsAre;
  using testing::Pair;
  const http::Answer healthy = own_health(base::Duration::zero());
  EXPECT_EQ(healthy.status, 200);
  EXPECT_THAT(healthy.headers, ElementsAre(Pair("X-Fastcgi-Exporter", "healthy")));
  const http::Answer stuck = own_health(2 * state::kLoopStuckAfter);
  EXPECT_EQ(stuck.status, 503);
  EXPECT_THAT(stuck.headers, ElementsAre(Pair("X-Fastcgi-Exporter", "stuck")));
}

}  // namespace
}  // namespace web
