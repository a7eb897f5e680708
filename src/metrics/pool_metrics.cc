#include "metrics/pool_metrics.h"

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "exposition/label_text.h"
#include "metrics/pool_figures.h"

namespace metrics {
namespace {

using exposition::MetricType;
using phpfpm::Process;
using phpfpm::ProcessState;
using phpfpm::StatusPage;

constexpr double kMicrosecondsPerSecond = 1e6;

// For counters; null before the first page.
const StatusPage* last_page(const TargetView& target) {
  const state::PoolStatus& pool = target.status.pool;
  return pool.label_text ? pool.page.get() : nullptr;
}

// For gauges; null, too, when the page is too old to say anything about now.
const StatusPage* current_page(const TargetView& target) {
  if (!last_page(target)) return nullptr;
  return fresh_page(target.identity, target.status, target.now);
}

std::string_view pool_text(const TargetView& target) {
  return *target.status.pool.label_text;
}

std::string_view state_text(ProcessState state) {
  static const auto texts = [] {
    std::array<std::string, phpfpm::kProcessStateCount> made;
    for (std::size_t i = 0; i < made.size(); ++i) {
      exposition::append_label(made[i], "state", label(static_cast<ProcessState>(i)));
    }
    return made;
  }();
  return texts[static_cast<std::size_t>(state)];
}

// A number of the page; `reading` is a member of it.
template <auto reading>
void add_gauge(const TargetView& target, Series& series) {
  const StatusPage* page = current_page(target);
  if (page && page->*reading) series.add(*(page->*reading), pool_text(target));
}
template <auto reading>
void add_counter(const TargetView& target, Series& series) {
  const StatusPage* page = last_page(target);
  if (page && page->*reading) series.add(*(page->*reading), pool_text(target));
}

template <auto figure>
void add_queue(const TargetView& target, Series& series) {
  const StatusPage* page = current_page(target);
  if (!page) return;
  const QueueFigures figures = queue_figures(*page, target.identity, target.status);
  if (figures.*figure) series.add(*(figures.*figure), pool_text(target));
}

void add_pool_info(const TargetView& target, Series& series) {
  const StatusPage* page = current_page(target);
  if (!page) return;
  std::string text;
  exposition::append_label(text, "process_manager", page->process_manager);
  series.add(std::uint64_t{1}, pool_text(target), text);
}

void add_max_children(const TargetView& target, Series& series) {
  const auto& max_children = target.identity.max_children;
  if (current_page(target) && max_children) {
    series.add(std::uint64_t{*max_children}, pool_text(target));
  }
}

void add_processes(const TargetView& target, Series& series) {
  const StatusPage* page = current_page(target);
  if (!page) return;
  static constexpr std::string_view kIdle = R"(state="idle")";
  static constexpr std::string_view kActive = R"(state="active")";
  if (page->idle_processes) series.add(*page->idle_processes, pool_text(target), kIdle);
  if (page->active_processes) series.add(*page->active_processes, pool_text(target), kActive);
}

void add_by_state(const TargetView& target, Series& series) {
  const StatusPage* page = current_page(target);
  if (!page || !page->summary) return;
  for (std::size_t i = 0; i < phpfpm::kProcessStateCount; ++i) {
    series.add(page->summary->by_state[i], pool_text(target),
               state_text(static_cast<ProcessState>(i)));
  }
}

void add_longest_running(const TargetView& target, Series& series) {
  const StatusPage* page = current_page(target);
  if (!page || !page->summary) return;
  const auto microseconds = static_cast<double>(page->summary->longest_running_us);
  series.add(microseconds / kMicrosecondsPerSecond, pool_text(target));
}

void add_parse_warnings(const TargetView& target, Series& series) {
  if (last_page(target)) series.add(target.status.pool.parse_warnings, pool_text(target));
}

// add(process, label text of pool and child) for each slot of the page.
template <typename Add>
void for_each_process(const StatusPage* page, const TargetView& target, Add add) {
  if (!page) return;
  std::string text;
  for (std::size_t i = 0; i < page->processes.size(); ++i) {
    text = pool_text(target);
    exposition::append_label(text, "child", std::to_string(i));
    add(page->processes[i], text);
  }
}

void add_process_requests(const TargetView& target, Series& series) {
  for_each_process(last_page(target), target, [&](const Process& process, std::string_view text) {
    series.add(process.requests, text);
  });
}

void add_process_duration(const TargetView& target, Series& series) {
  for_each_process(
      current_page(target), target, [&](const Process& process, std::string_view text) {
        series.add(static_cast<double>(process.request_duration_us) / kMicrosecondsPerSecond, text);
      });
}

void add_process_cpu(const TargetView& target, Series& series) {
  for_each_process(current_page(target), target,
                   [&](const Process& process, std::string_view text) {
                     series.add(process.last_request_cpu_percent / 100, text);
                   });
}

void add_process_memory(const TargetView& target, Series& series) {
  for_each_process(current_page(target), target,
                   [&](const Process& process, std::string_view text) {
                     series.add(process.last_request_memory_bytes, text);
                   });
}

void add_process_state(const TargetView& target, Series& series) {
  for_each_process(current_page(target), target,
                   [&](const Process& process, std::string_view text) {
                     series.add(std::uint64_t{1}, text, state_text(process.state));
                   });
}

constexpr Row kPoolRows[] = {
    {"phpfpm_info",
     "What the pool is; always 1. Of the status page's \"pool\" and \"process manager\".",
     MetricType::gauge, "target, pool, process_manager", Detail::full, add_pool_info},
    {"phpfpm_start_time_seconds",
     "Unix time of the pool's start or last reload: the status page's \"start time\".",
     MetricType::gauge, "target, pool", Detail::full, add_gauge<&StatusPage::start_time>},
    {"phpfpm_max_children",
     "Most processes that the pool may have: its pm.max_children as our configuration says it (the "
     "status page does not).",
     MetricType::gauge, "target, pool", Detail::compact, add_max_children},
    {"phpfpm_processes",
     "Processes by state: the status page's \"idle processes\" and \"active processes\". A page "
     "from the pool's own socket counts the process that answers it as active.",
     MetricType::gauge, "target, pool, state", Detail::compact, add_processes},
    {"phpfpm_active_processes_peak",
     "Most processes active at once since the pool's start: the status page's \"max active "
     "processes\".",
     MetricType::gauge, "target, pool", Detail::full,
     add_gauge<&StatusPage::active_processes_peak>},
    {"phpfpm_listen_queue_connections",
     "Connections waiting for a process: the status page's \"listen queue\", or the kernel's "
     "figure for a unix socket, of which PHP-FPM always says 0.",
     MetricType::gauge, "target, pool", Detail::compact, add_queue<&QueueFigures::length>},
    {"phpfpm_listen_queue_peak_connections",
     "Most connections waiting at once since the pool's start: the status page's \"max listen "
     "queue\". Absent for a unix socket, of which PHP-FPM always says 0.",
     MetricType::gauge, "target, pool", Detail::full, add_queue<&QueueFigures::peak>},
    {"phpfpm_listen_queue_limit",
     "Connections that may wait: the status page's \"listen queue len\", or the kernel's figure "
     "for a unix socket, of which PHP-FPM always says 0.",
     MetricType::gauge, "target, pool", Detail::compact, add_queue<&QueueFigures::limit>},
    {"phpfpm_memory_peak_bytes",
     "Most memory that a request has used since the pool's start: the status page's \"memory "
     "peak\" (PHP 8.4 and later).",
     MetricType::gauge, "target, pool", Detail::full, add_gauge<&StatusPage::memory_peak_bytes>},
    {"phpfpm_processes_by_state",
     "Processes by what they do: the \"state\" in the status page's list of processes. Where the "
     "list is asked for (process_details) and could be read.",
     MetricType::gauge, "target, pool, state", Detail::full, add_by_state},
    {"phpfpm_longest_running_request_seconds",
     "Age of the oldest request being run, 0 when none is: the largest \"request duration\" of a "
     "running process in the status page's list. Where the list is asked for (process_details) and "
     "could be read.",
     MetricType::gauge, "target, pool", Detail::compact, add_longest_running},
    {"phpfpm_accepted_connections_total",
     "Connections that the pool has accepted since its start, our own included when they came over "
     "its own socket: the status page's \"accepted conn\".",
     MetricType::counter, "target, pool", Detail::compact,
     add_counter<&StatusPage::accepted_connections>},
    {"phpfpm_slow_requests_total",
     "Requests that took longer than the pool's request_slowlog_timeout: the status page's \"slow "
     "requests\".",
     MetricType::counter, "target, pool", Detail::compact, add_counter<&StatusPage::slow_requests>},
    {"phpfpm_max_children_reached_total",
     "Times that the pool wanted more processes than pm.max_children: the status page's \"max "
     "children reached\". Never moves with pm = static.",
     MetricType::counter, "target, pool", Detail::compact,
     add_counter<&StatusPage::max_children_reached>},
    {"phpfpm_status_parse_warnings_total",
     "What was wrong with status pages but left the pool's figures whole, such as a list of "
     "processes broken by a client's text.",
     MetricType::counter, "target, pool", Detail::compact, add_parse_warnings},
    {"phpfpm_process_requests_total",
     "Requests served by the process in this slot (process_details: per_process): \"requests\" in "
     "the status page's list.",
     MetricType::counter, "target, pool, child", Detail::full, add_process_requests},
    {"phpfpm_process_request_duration_seconds",
     "Age of the request that the process runs, or duration of its last (process_details: "
     "per_process): \"request duration\" in the status page's list.",
     MetricType::gauge, "target, pool, child", Detail::full, add_process_duration},
    {"phpfpm_process_last_request_cpu_ratio",
     "Processor time of the process's last request by its duration, 0 while it runs one "
     "(process_details: per_process): \"last request cpu\" in the status page's list, over 100.",
     MetricType::gauge, "target, pool, child", Detail::full, add_process_cpu},
    {"phpfpm_process_last_request_memory_bytes",
     "Most memory that the process's last request used, 0 while it runs one (process_details: "
     "per_process): \"last request memory\" in the status page's list.",
     MetricType::gauge, "target, pool, child", Detail::full, add_process_memory},
    {"phpfpm_process_in_state",
     "1 for the state that the process in this slot is in; one series per slot (process_details: "
     "per_process): \"state\" in the status page's list.",
     MetricType::gauge, "target, pool, child, state", Detail::full, add_process_state},
};

}  // namespace

std::span<const Row> pool_rows() {
  return kPoolRows;
}

}  // namespace metrics
