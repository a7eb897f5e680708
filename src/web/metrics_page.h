// /metrics as HTTP answers: format and compression by what the client accepts, and one rendered
// body for all who ask together. Any thread.
#pragma once

#include <array>
#include <memory>

#include "base/mutex.h"
#include "base/time.h"
#include "http/message.h"
#include "web/services.h"

namespace web {

class MetricsPage {
 public:
  explicit MetricsPage(std::shared_ptr<const Services> services);

  http::Answer answer(const http::Request& request);

 private:
  // Bodies are kept only while somebody sends them: a page of 10,000 targets is 43 MB.
  struct Rendered {
    base::Mutex mutex;  // held while rendering, so that those who come together wait for one body
    std::weak_ptr<const base::Chunks> body GUARDED_BY(mutex);
    std::weak_ptr<const state::TargetSet> of GUARDED_BY(mutex);
    base::TimePoint at GUARDED_BY(mutex){};
  };

  exposition::Format format_for(const http::Request& request) const;
  base::SharedChunks render(const state::TargetSet& targets, exposition::Format format,
                            bool gzip) const;
  base::SharedChunks shared_body(exposition::Format format, bool gzip);

  std::shared_ptr<const Services> services_;
  std::array<Rendered, 4> rendered_;  // 2 formats, plain and gzip
};

}  // namespace web
