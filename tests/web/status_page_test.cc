#include "web/status_page.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "web/answers.h"
#include "web/assets.h"
#include "web/fleet.h"

namespace web {
namespace {

using testing::HasSubstr;
using testing::Not;

metrics::ExporterReadings readings() {
  metrics::ExporterReadings read;
  read.version = "1.2.3";
  return read;
}

class StatusPage : public testing::Test {
 protected:
  http::Answer ask(const std::string& path, const std::string& name, const std::string& query) {
    const auto services =
        std::make_shared<const Services>(Services{.board = board_,
                                                  .vitals = vitals_,
                                                  .failures = failures_,
                                                  .started = kNow,
                                                  .telemetry_path = "/some/metrics",
                                                  .readings = readings});
    const auto routes = status_page_routes(services, std::make_shared<FleetViews>());
    http::Request request;
    request.name = name;
    request.query = query;
    return std::ranges::find(routes, path, &http::Route::path)->answer(request);
  }
  std::string page(const std::string& query = {}) { return ask("/", "", query).body->front(); }

  state::Board board_;

 private:
  const state::Vitals vitals_{1};
  const state::Failures failures_{};
};

TEST_F(StatusPage, LinksToTheOtherPagesFromWhereverItStands) {
  const std::string html = page();
  EXPECT_THAT(html, HasSubstr("href=\"some/metrics\""));
  EXPECT_THAT(html, HasSubstr("href=\"config\""));
  EXPECT_THAT(html, HasSubstr("1.2.3"));
  EXPECT_THAT(html, Not(HasSubstr("href=\"/")));
  EXPECT_THAT(html, Not(HasSubstr("{{")));
}

TEST_F(StatusPage, KeepsHostileTextAsText) {
  state::TargetIdentity identity = named("www");
  identity.labels = {{"app", "<b>\"&"}};
  board_.replace(
      set_of({target_with(identity, probe::Outcome::mismatch, "<script>alert('x')</script>\"&")}));
  const std::string html = page("q=%22%3E%3Cscript%3E");
  EXPECT_THAT(html, Not(HasSubstr("<script>")));
  EXPECT_THAT(html, HasSubstr("value=\"&quot;&gt;&lt;script&gt;\""));
  EXPECT_THAT(page(), HasSubstr("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;"));
  EXPECT_THAT(page(), HasSubstr("app=&lt;b&gt;&quot;&amp;"));
}

TEST_F(StatusPage, ShowsAPartAndLinksToTheNext) {
  std::vector<std::shared_ptr<state::TargetRecord>> records;
  for (int i = 0; i < 120; ++i) records.push_back(unprobed("t" + std::to_string(1000 + i)));
  board_.replace(set_of(std::move(records)));
  EXPECT_THAT(page(), HasSubstr("1–50 of 120"));
  EXPECT_THAT(page(), HasSubstr("href=\"?offset=50\""));
  const std::string last = page("offset=100&q=t1");
  EXPECT_THAT(last, HasSubstr("101–120 of 120"));
  EXPECT_THAT(last, HasSubstr("t1119"));
  EXPECT_THAT(last, HasSubstr("href=\"?q=t1&amp;offset=50\""));
  EXPECT_THAT(last, Not(HasSubstr("rel=\"next\"")));
}

TEST_F(StatusPage, SaysWhatIsWrongWithAFilter) {
  const http::Answer answer = ask("/", "", "health=dead");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body->front(), HasSubstr("health must be up, saturated, down or unknown"));
}

TEST_F(StatusPage, ForbidsEverythingFromOutside) {
  const http::Answer answer = ask("/", "", "");
  const std::string policy = header(answer, "Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_EQ(header(answer, "X-Content-Type-Options"), "nosniff");
}

TEST_F(StatusPage, LetsBrowsersKeepTheFilesOfThisVersion) {
  const http::Answer kept = ask("/assets", "page.js", std::string(assets_version()));
  EXPECT_THAT(header(kept, "Cache-Control"), HasSubstr("immutable"));
  EXPECT_THAT(kept.body->front(),
              HasSubstr("from './dom.js?" + std::string(assets_version()) + "'"));
  EXPECT_EQ(header(ask("/assets", "page.js", "older"), "Cache-Control"), "no-cache");
  EXPECT_EQ(ask("/assets", "page.css", "").content_type, "text/css; charset=utf-8");
  EXPECT_EQ(ask("/assets", "nothing", "").status, 404);
  EXPECT_EQ(ask("/assets", "page.html", "").status, 404);  // unfilled
}

}  // namespace
}  // namespace web
