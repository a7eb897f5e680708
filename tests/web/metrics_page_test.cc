#include "web/metrics_page.h"
#include "web/answers.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <thread>

namespace web {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class MetricsPageTest : public testing::Test {
 protected:
  MetricsPageTest() {
    state::TargetIdentity identity;
    identity.name = "www";
    const base::TimePoint now = base::Clock::now();
    const auto record = state::make_record(std::move(identity), {}, now);
    record->update([now](state::TargetStatus& status) { status.health.record({}, now); });
    board_.replace(std::make_shared<const state::TargetSet>(std::vector{record}));
  }

  std::shared_ptr<const Services> services(
      metrics::Compat compat, std::function<metrics::ExporterReadings()> readings = [] {
        return metrics::ExporterReadings{};
      }) {
    return std::make_shared<const Services>(Services{.board = board_,
                                                     .vitals = vitals_,
                                                     .failures = failures_,
                                                     .started = {},
                                                     .compat = compat,
                                                     .readings = std::move(readings)});
  }

  http::Answer answer_for(const std::string& accept, metrics::Compat compat) {
    MetricsPage page(services(compat));
    http::Request request;
    request.accept = accept;
    return page.answer(request);
  }

 private:
  state::Board board_;
  const state::Vitals vitals_{1};
  const state::Failures failures_{};
};

constexpr const char* kOpenMetrics = "application/openmetrics-text; version=1.0.0";

TEST_F(MetricsPageTest, AnswersInTheFormatThatIsAsked) {
  EXPECT_THAT(answer_for(kOpenMetrics, metrics::Compat::none).content_type,
              StartsWith("application/openmetrics-text"));
  const http::Answer text = answer_for("text/plain", metrics::Compat::none);
  EXPECT_THAT(text.content_type, StartsWith("text/plain; version=0.0.4"));
  EXPECT_THAT(body(text), Not(HasSubstr("phpfpm_up")));
}

TEST_F(MetricsPageTest, IsTextForEveryoneWithTheCompatibleMetrics) {
  for (const char* accept : {kOpenMetrics, "text/plain", "", "*/*"}) {
    for (const auto compat :
         {metrics::Compat::hipages, metrics::Compat::hipages_fixed_process_count}) {
      const http::Answer answer = answer_for(accept, compat);
      EXPECT_THAT(answer.content_type, StartsWith("text/plain; version=0.0.4")) << accept;
      EXPECT_THAT(body(answer), StartsWith("# HELP phpfpm_up ")) << accept;
      EXPECT_THAT(body(answer), Not(HasSubstr("# EOF"))) << accept;
    }
  }
}

// On a loaded machine a large page takes longer to make than it is shared for.
TEST_F(MetricsPageTest, ThatTookLongToMakeIsSharedAllTheSame) {
  int made = 0;
  MetricsPage page(services(metrics::Compat::none, [&made] {
    ++made;
    const base::TimePoint end = base::Clock::now() + std::chrono::milliseconds(150);
    while (base::Clock::now() < end) std::this_thread::yield();
    return metrics::ExporterReadings{};
  }));
  bool is_shared = false;
  for (int i = 0; i < 20 && !is_shared; ++i) {  // this thread may be kept waiting in between, too
    const http::Answer first = page.answer({});
    is_shared = page.answer({}).body == first.body;
  }
  EXPECT_TRUE(is_shared) << made << " pages were made";
}

}  // namespace
}  // namespace web
