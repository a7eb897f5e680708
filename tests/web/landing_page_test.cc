#include "web/landing_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace web {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string page_of(std::vector<std::shared_ptr<state::TargetRecord>> records) {
  const state::TargetSet targets(std::move(records));
  const http::Answer answer = landing_page(
      {.targets = targets, .version = "1.2.3", .telemetry_path = "/metrics", .now = {}});
  return answer.body->front();
}

std::shared_ptr<state::TargetRecord> target(const std::string& name) {
  state::TargetIdentity identity;
  identity.name = name;
  identity.checks = {"ping"};
  identity.bounds = state::Bounds::defaults();
  return state::make_record(std::move(identity), {}, {});
}

TEST(LandingPage, LinksToTheOtherPages) {
  const std::string html = page_of({});
  EXPECT_THAT(html, HasSubstr("href=\"/metrics\""));
  EXPECT_THAT(html, HasSubstr("href=\"/config\""));
  EXPECT_THAT(html, HasSubstr("1.2.3"));
}

TEST(LandingPage, KeepsHostileTextAsText) {
  const auto record = target("www");
  record->update([](state::TargetStatus& status) {
    status.checks[0].last_outcome = probe::Outcome::mismatch;
    status.checks[0].last_detail =
        std::make_shared<const std::string>("<script>alert('x')</script>\"&");
  });
  const std::string html = page_of({record});
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;"));
}

TEST(LandingPage, ShowsABoundedNumberOfTargetsAndSaysSo) {
  std::vector<std::shared_ptr<state::TargetRecord>> records;
  for (std::size_t i = 0; i < kMaxLandingTargets + 7; ++i)
    records.push_back(target("t" + std::to_string(i)));
  EXPECT_THAT(page_of(records), HasSubstr("7 more are on the metrics page."));
}

TEST(LandingPage, ForbidsEverythingFromOutside) {
  const state::TargetSet targets({});
  const http::Answer answer =
      landing_page({.targets = targets, .version = "", .telemetry_path = "/metrics", .now = {}});
  EXPECT_EQ(answer.headers.front().first, "Content-Security-Policy");
  EXPECT_THAT(answer.headers.front().second, HasSubstr("default-src 'none'"));
}

}  // namespace
}  // namespace web
