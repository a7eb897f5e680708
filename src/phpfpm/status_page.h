// PHP-FPM's status page (`?json`, with `&full` its list of processes) as numbers. Pure; values.
// Source of the format: sapi/fpm/fpm/fpm_status.c of php-src, and pages of 7.4, 8.2 and 8.4.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace phpfpm {

inline constexpr std::size_t kMaxPoolNameBytes = 200;
inline constexpr std::size_t kMaxProcesses =
    16'384;  // of one page; more are left out, with a warning

// The label `state`. PHP before 7.4 says "Getting request informations". other: a word that we do
// not know.
enum class ProcessState : std::uint8_t {
  idle,
  running,
  finishing,
  reading_headers,
  getting_request_information,
  ending,
  creating,
  other
};
inline constexpr std::size_t kProcessStateCount = 8;
std::string_view label(ProcessState state);  // "idle", "reading_headers", ...

// One slot of the scoreboard, without what clients wrote (method, URI, user, script).
struct Process {
  ProcessState state = ProcessState::idle;
  std::uint64_t start_time = 0;  // unix, seconds
  std::uint64_t requests = 0;
  std::uint64_t request_duration_us =
      0;  // of the current or last request; 0 where the page says less than nothing (2^64 - n)
  double last_request_cpu_percent = 0;
  std::uint64_t last_request_memory_bytes = 0;
  bool operator==(const Process&) const = default;
};

// What the list of processes adds up to.
struct ProcessSummary {
  std::array<std::uint64_t, kProcessStateCount> by_state{};
  std::uint64_t longest_running_us = 0;            // of the processes that are running; 0: none is
  std::uint64_t largest_request_memory_bytes = 0;  // of the last requests; 0 while they run
  bool operator==(const ProcessSummary&) const = default;
};

// A key that the page does not have is nothing. Counters are unsigned 64-bit, as PHP prints them.
struct StatusPage {
  std::string pool;                          // cleaned, at most kMaxPoolNameBytes
  std::string process_manager;               // static, dynamic, ondemand; else "unknown"
  std::optional<std::uint64_t> start_time;   // unix, seconds
  std::optional<std::uint64_t> start_since;  // seconds
  std::optional<std::uint64_t> accepted_connections;
  std::optional<std::uint64_t> listen_queue;
  std::optional<std::uint64_t> listen_queue_peak;
  std::optional<std::uint64_t> listen_queue_limit;
  std::optional<std::uint64_t> idle_processes;
  std::optional<std::uint64_t> active_processes;
  std::optional<std::uint64_t> total_processes;
  std::optional<std::uint64_t> active_processes_peak;
  std::optional<std::uint64_t> max_children_reached;
  std::optional<std::uint64_t> slow_requests;
  std::optional<std::uint64_t> memory_peak_bytes;  // 8.4
  std::optional<ProcessSummary> summary;           // of a `full` page whose list could be read
  std::vector<Process> processes;                  // in the order of the page, for Keep::processes
  std::uint32_t warnings =
      0;  // what was wrong but left the pool's figures whole: a broken list, a strange value
  bool operator==(const StatusPage&) const = default;
};

enum class Keep : std::uint8_t { summary, processes };

// Fails when the body is no status page: no JSON, no object, or without `pool` and the counts of
// processes. The reason says what it is instead. A list of processes that clients have broken (7.4
// and 8.4 do not escape all they wrote) costs the list and a warning, not the page; what follows
// the list is never believed. A client that breaks nothing can still put slots of its own into such
// a list: its sums are for people, the pool's figures for alerts.
base::Result<StatusPage> parse_status_page(std::string_view body, Keep keep);

// What an answer is that should have been a status page, for people: "HTML", "an empty body",
// "the text "File not found."". Nothing of a page or a query string is shown.
std::string describe_body(std::string_view body);

}  // namespace phpfpm
