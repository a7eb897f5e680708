#include "web/metrics_page.h"

#include <utility>

#include "http/gzip.h"
#include "metrics/page.h"
#include "web/accept.h"

namespace web {
namespace {

constexpr base::Duration kShareFor = std::chrono::milliseconds(100);

class GzipSink : public exposition::Sink {
 public:
  void take(std::string&& chunk) override { gzip_.add(chunk); }
  base::Chunks finish() { return gzip_.finish(); }

 private:
  http::Gzip gzip_;
};

}  // namespace

MetricsPage::MetricsPage(std::shared_ptr<const Services> services)
    : services_(std::move(services)) {}

exposition::Format MetricsPage::format_for(const http::Request& request) const {
  // In OpenMetrics the compatible names would be families of ours: see metrics::Compat.
  if (services_->compat != metrics::Compat::none) return exposition::Format::text_0_0_4;
  return choose_format(request.accept);
}

http::Answer MetricsPage::answer(const http::Request& request) {
  const exposition::Format format = format_for(request);
  const bool gzip = accepts_gzip(request.accept_encoding);
  http::Answer answer;
  answer.content_type = exposition::content_type(format);
  answer.headers = {{"Vary", "Accept, Accept-Encoding"}};
  if (gzip) answer.headers.emplace_back("Content-Encoding", "gzip");
  answer.body = shared_body(format, gzip);
  return answer;
}

base::SharedChunks MetricsPage::shared_body(exposition::Format format, bool gzip) {
  Rendered& rendered = rendered_[static_cast<std::size_t>(format) * 2 + (gzip ? 1 : 0)];
  base::MutexLock lock(rendered.mutex);
  const auto targets = services_->board.targets();
  // Never a page from before a reload: a target that was removed is on none that is asked for then.
  const bool is_of_these = rendered.of.lock() == targets;
  if (auto body = rendered.body.lock();
      body && is_of_these && base::Clock::now() - rendered.at < kShareFor)
    return body;
  base::SharedChunks body = render(*targets, format, gzip);
  // From its end: one that takes longer would be shared by nobody, just when sharing counts.
  rendered.at = base::Clock::now();
  rendered.body = body;
  rendered.of = targets;
  return body;
}

base::SharedChunks MetricsPage::render(const state::TargetSet& targets, exposition::Format format,
                                       bool gzip) const {
  const metrics::ExporterReadings readings = services_->readings();
  const metrics::PageInput input{.targets = targets,
                                 .vitals = services_->vitals,
                                 .readings = readings,
                                 .detail = services_->detail,
                                 .compat = services_->compat,
                                 .now = base::Clock::now()};
  if (gzip) {
    GzipSink sink;
    metrics::write_page(input, format, sink);
    return std::make_shared<const base::Chunks>(sink.finish());
  }
  exposition::ChunkSink sink;
  metrics::write_page(input, format, sink);
  return std::make_shared<const base::Chunks>(sink.take_chunks());
}

}  // namespace web
