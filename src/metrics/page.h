// The whole /metrics page: targets from the board through the metric rows, then ourselves. Any
// thread; holds no lock over more than one record.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/time.h"
#include "exposition/writer.h"
#include "state/board.h"
#include "state/vitals.h"

namespace metrics {

// compact: no phases, no per-reason split, no histogram. The families with a `reason` are left out
// whole: the same name with other labels would be another metric. Of a pool only its load and its
// counters: no peaks, no counts by state, no series per process. What scripts print always stays.
enum class Detail : std::uint8_t { full, compact };

// With --web.config.file.
struct WebConfigReadings {
  bool last_reload_successful = true;
  std::uint64_t failed_handshakes = 0;
};

// Numbers of the program's other parts, read by whoever asks for the page.
struct ExporterReadings {
  std::string version;
  std::string revision;
  bool config_last_reload_successful = true;
  base::WallTime config_last_reload_success{};
  std::int64_t http_connections = 0;
  std::uint64_t http_connections_evicted = 0;
  std::map<int, std::uint64_t> http_requests_by_code;
  std::uint64_t discovery_conflicts = 0;
  std::uint32_t shard_index = 0;
  std::uint32_t shard_count = 1;
  std::map<std::string, std::size_t> discovery_problems;  // by source; one entry for each in use
  std::optional<WebConfigReadings> web_config;
};

// The metrics of hipages/php-fpm_exporter, under their names, before our own. Text 0.0.4 only: in
// OpenMetrics their counters without _total would be families of ours.
enum class Compat : std::uint8_t { none, hipages, hipages_fixed_process_count };

struct PageInput {
  const state::TargetSet& targets;
  const state::Vitals& vitals;
  const ExporterReadings& readings;
  Detail detail = Detail::full;
  Compat compat = Compat::none;
  base::TimePoint now;
};

struct PageSize {
  std::uint64_t series = 0;
  std::uint64_t refused_lines = 0;  // too long to be written
};

PageSize write_page(const PageInput& input, exposition::Format format, exposition::Sink& sink);

// How many series the page has, by writing it to nowhere.
std::uint64_t count_series(const PageInput& input);

// Every metric of ours with type, labels and help, as Markdown tables for the README; from the same
// rows as the page.
std::string metrics_reference();

}  // namespace metrics
