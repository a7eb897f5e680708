// The standard process_* metrics of this process, from /proc/self. What cannot be read is left out,
// never NaN.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace metrics {

// What the kernel says; empty where it could not be read.
struct ProcTexts {
  std::string stat;         // /proc/self/stat
  std::string limits;       // /proc/self/limits
  std::string system_stat;  // /proc/stat; hidden from a service with ProcSubset=pid
  std::optional<std::uint64_t> open_fds;
};

struct ProcUnits {
  double ticks_per_second = 100;
  double page_bytes = 4096;
};

struct ProcessNumbers {
  std::optional<double> cpu_seconds;
  std::optional<double> open_fds;
  std::optional<double> max_fds;
  std::optional<double> virtual_memory_bytes;
  std::optional<double> virtual_memory_max_bytes;
  std::optional<double> resident_memory_bytes;
  std::optional<double> start_time_seconds;
  std::optional<double> threads;
};

ProcessNumbers parse_process(const ProcTexts& texts, ProcUnits units);  // pure
ProcTexts read_process();
ProcUnits process_units();

std::vector<prometheus::MetricFamily> process_families(const ProcessNumbers& numbers);  // pure

}  // namespace metrics
