// What the pages need from above: functions that app supplies. Each may be called from the front or
// a pool thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "config/config.h"
#include "metrics/page.h"
#include "probe/one_shot.h"
#include "state/board.h"
#include "state/failures.h"
#include "state/vitals.h"
#include "web/probe_query.h"

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

// What came of a /probe.
struct ProbeResult {
  enum class End : std::uint8_t {
    probed,
    bad_request,
    not_allowed,
    unknown_target,
    unavailable,  // we could not ask, which says nothing about the target
  };
  End end = End::probed;
  std::string problem = {};  // of all but probed: what to do, without a full stop
  probe::OneShotReport report = {};
  base::Address address = {};
  std::optional<std::uint32_t> max_children = {};
  std::string module = {};
  std::string module_yaml = {};  // secrets hidden
};
using ProbeDone = std::function<void(const ProbeResult&)>;

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
  std::function<std::shared_ptr<const config::Config>()> config = nullptr;  // in force
  // Calls `done` once, on any thread, when the probe has ended; returns at once.
  std::function<void(const ProbeQuery& query, ProbeDone done)> probe = nullptr;
  // Calls `done` once, on any thread, when the reload has ended; returns at once. Null: not
  // allowed.
  std::function<void(ReloadDone done)> reload = nullptr;
};

}  // namespace web
