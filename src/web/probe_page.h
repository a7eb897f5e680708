// /probe: one probe, now, and what came of it, as metrics or as a story for people.
#pragma once

#include "http/message.h"
#include "web/services.h"

namespace web {

inline constexpr std::size_t kMaxProbesAtOnce = 1024;  // one more gets 503

// Any thread: `reply` may come before the return, or later.
void answer_probe(const std::shared_ptr<const Services>& services, const http::Request& request,
                  http::Reply reply);

// The story that debug=true shows: what was asked, each record, the verdicts, the metrics, the
// module. Pure.
std::string probe_story(const ProbeQuery& query, const ProbeResult& result,
                        const std::string& metrics);

}  // namespace web
