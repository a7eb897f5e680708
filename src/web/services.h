// What the pages need from above: functions that app supplies. Each may be called from the front or
// a pool thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/time.h"
#include "metrics/page.h"
#include "state/board.h"
#include "state/failures.h"
#include "state/vitals.h"

namespace web {

// What came of reading the configuration again.
struct ReloadResult {
  enum class End : std::uint8_t {
    in_force,  // the new configuration is
    bad,       // nothing changed
    stopping,  // it was not read: the exporter ends
  };
  End end = End::in_force;
  std::string problems = {};  // of `bad`: a line each
};
using ReloadDone = std::function<void(const ReloadResult&)>;

struct Services {
  const state::Board& board;
  const state::Vitals& vitals;
  const state::Failures& failures;
  base::TimePoint started;
  int failure_status = 404;  // of /fcgi-ping
  std::string telemetry_path = "/metrics";
  metrics::Detail detail = metrics::Detail::full;
  metrics::Compat compat = metrics::Compat::none;  // else /metrics is text 0.0.4 for everyone
  std::size_t max_requests = 40;                   // concurrent scrapes; 0: no limit
  std::function<metrics::ExporterReadings()> readings;
  std::function<std::string()> effective_config;  // YAML, secrets hidden
  // Calls `done` once, on any thread, when the reload has ended; returns at once. Null: not
  // allowed.
  std::function<void(ReloadDone done)> reload = nullptr;
};

}  // namespace web
