// The answers of /fcgi-ping, /fcgi-live and /fcgi-ready: from what is cached about the targets,
// never by asking them. Pure: time is an argument. Each answer stays under kMaxAnswerBytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "http/message.h"
#include "probe/health.h"
#include "state/board.h"

namespace web {

inline constexpr std::size_t kMaxHealthAnswerBytes = 1000;  // promised: under 1 KiB
inline constexpr std::size_t kWorstNames = 5;

enum class Question : std::uint8_t { ping, live, ready };

struct Asked {
  Question question = Question::ping;
  bool verbose = false;      // a JSON body that explains
  int failure_status = 404;  // of ping
  base::TimePoint now;
};

http::Answer answer_for_target(const state::TargetRecord& target, const Asked& asked);
http::Answer answer_for_unknown_target();

// Every target at one moment; computed at most once per 100 ms by whoever serves many requests.
struct FleetSummary {
  std::size_t targets = 0;
  std::size_t up = 0, saturated = 0, down = 0, unknown = 0;
  std::size_t live = 0;
  std::size_t ready = 0;  // up and within their ready thresholds
  probe::Health worst = probe::Health::unknown;
  std::vector<std::string> worst_names;   // at most kWorstNames, none of them up
  std::vector<std::string> loaded_names;  // at most kWorstNames, up but not ready
};
FleetSummary summarize(const state::TargetSet& targets, base::TimePoint now);

http::Answer answer_for_fleet(const FleetSummary& fleet, const Asked& asked);

}  // namespace web
