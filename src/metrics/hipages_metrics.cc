#include "metrics/hipages_metrics.h"

#include <array>
#include <cstddef>
#include <unordered_set>
#include <vector>

#include "exposition/label_text.h"
#include "metrics/pool_figures.h"

namespace metrics {
namespace {

using exposition::MetricType;
using exposition::Writer;
using phpfpm::Process;
using phpfpm::ProcessState;
using phpfpm::StatusPage;

// In the order of ProcessState; the words of PHP before 7.4, as theirs. The first six are always
// there, the others only while a process is in that state.
constexpr std::array<std::string_view, phpfpm::kProcessStateCount> kStateTexts{
    R"(state="Idle")",
    R"(state="Running")",
    R"(state="Finishing")",
    R"(state="Reading headers")",
    R"(state="Getting request informations")",
    R"(state="Ending")",
    R"(state="Creating")",
    R"(state="Other")"};
constexpr std::size_t kStatesAlwaysShown = 6;

std::uint64_t failures_of(const state::TargetStatus& status) {
  std::uint64_t sum = 0;
  for (const state::CheckStatus& check : status.checks) {
    for (const std::uint64_t failures : check.failures) sum += failures;
  }
  return sum;
}

void take_page(HipagesPool& pool, const StatusPage& page, Compat compat) {
  pool.page = &page;
  pool.listen_queue = page.listen_queue;
  pool.listen_queue_limit = page.listen_queue_limit;
  pool.idle = page.idle_processes;
  pool.active = page.active_processes;
  pool.total = page.total_processes;
  if (compat != Compat::hipages_fixed_process_count || !page.summary) return;
  std::uint64_t total = 0;
  for (const std::uint64_t count : page.summary->by_state) total += count;
  pool.idle = page.summary->by_state[static_cast<std::size_t>(ProcessState::idle)];
  pool.active = total - *pool.idle;
  pool.total = total;
}

void take_kernel_queue(HipagesPool& pool, const probe::ListenQueue& queue) {
  pool.listen_queue = queue.length;
  pool.listen_queue_limit = queue.limit;
}

void take_up(HipagesPool& pool, const TargetView& target, Compat compat) {
  const StatusPage* page = fresh_page(target.identity, target.status, target.now);
  if (!page) return;
  take_page(pool, *page, compat);
  const auto& kernel = target.status.listen_queue;
  if (kernel && queue_is_unknown_to(*page, target.identity)) take_kernel_queue(pool, *kernel);
}

void take_saturated(HipagesPool& pool, const TargetView& target, Compat compat) {
  pool.saturated = true;
  if (const StatusPage* page = target.status.pool.page.get()) {
    take_page(pool, *page, compat);
    pool.active = pool.total;
    pool.idle = 0;
  }
  if (target.status.listen_queue) {
    take_kernel_queue(pool, *target.status.listen_queue);
  } else if (!fresh_page(target.identity, target.status, target.now)) {
    pool.listen_queue.reset();  // the queue from before the rush would be a lie
  }
}

template <auto figure>
void add_figure(const HipagesPool& pool, Writer& writer) {
  if (pool.*figure) writer.sample("", {pool.pool_text, pool.uri_text}, *(pool.*figure));
}

template <auto reading>
void add_reading(const HipagesPool& pool, Writer& writer) {
  if (!pool.page || !(pool.page->*reading)) return;
  writer.sample("", {pool.pool_text, pool.uri_text}, *(pool.page->*reading));
}

void add_hipages_up(const HipagesPool& pool, Writer& writer) {
  writer.sample("", {pool.pool_text, pool.uri_text}, std::uint64_t{pool.reached});
}

void add_hipages_failures(const HipagesPool& pool, Writer& writer) {
  writer.sample("", {pool.pool_text, pool.uri_text}, pool.failures);
}

// write(process, child="SLOT") for each slot of the page.
template <typename Write>
void for_each_hipages_process(const HipagesPool& pool, Write write) {
  if (!pool.page) return;
  std::string child;
  for (std::size_t i = 0; i < pool.page->processes.size(); ++i) {
    child.clear();
    exposition::append_label(child, "child", std::to_string(i));
    write(pool.page->processes[i], child);
  }
}

template <auto number>
void add_process_number(const HipagesPool& pool, Writer& writer) {
  for_each_hipages_process(pool, [&](const Process& process, std::string_view child) {
    writer.sample("", {child, pool.pool_text, pool.uri_text}, process.*number);
  });
}

void add_hipages_process_state(const HipagesPool& pool, Writer& writer) {
  for_each_hipages_process(pool, [&](const Process& process, std::string_view child) {
    // As with the counts: an idle process in the last page is not idle any more.
    const bool has_work_now = pool.saturated && process.state == ProcessState::idle;
    const auto current =
        static_cast<std::size_t>(has_work_now ? ProcessState::running : process.state);
    for (std::size_t i = 0; i < kStateTexts.size(); ++i) {
      if (i >= kStatesAlwaysShown && i != current) continue;
      writer.sample("", {child, pool.pool_text, pool.uri_text, kStateTexts[i]},
                    std::uint64_t{i == current});
    }
  });
}

constexpr HipagesRow kHipagesRows[] = {
    {"phpfpm_up", "Whether PHP-FPM is reached (1) or not (0); a saturated pool is.",
     MetricType::gauge, "pool, scrape_uri", add_hipages_up},
    {"phpfpm_scrape_failures", "Probes that failed.", MetricType::counter, "pool, scrape_uri",
     add_hipages_failures},
    {"phpfpm_start_since", "Seconds since the pool's start.", MetricType::gauge, "pool, scrape_uri",
     add_reading<&StatusPage::start_since>},
    {"phpfpm_accepted_connections", "Connections that the pool has accepted.", MetricType::counter,
     "pool, scrape_uri", add_reading<&StatusPage::accepted_connections>},
    {"phpfpm_listen_queue",
     "Connections waiting for a process; the kernel's figure for unix sockets and while the pool "
     "is saturated.",
     MetricType::gauge, "pool, scrape_uri", add_figure<&HipagesPool::listen_queue>},
    {"phpfpm_max_listen_queue",
     "Most connections waiting at once since the pool's start; PHP-FPM says 0 for unix sockets.",
     MetricType::gauge, "pool, scrape_uri", add_reading<&StatusPage::listen_queue_peak>},
    {"phpfpm_listen_queue_length", "Connections that may wait.", MetricType::gauge,
     "pool, scrape_uri", add_figure<&HipagesPool::listen_queue_limit>},
    {"phpfpm_idle_processes", "Idle processes; 0 while the pool is saturated.", MetricType::gauge,
     "pool, scrape_uri", add_figure<&HipagesPool::idle>},
    {"phpfpm_active_processes", "Active processes; all of them while the pool is saturated.",
     MetricType::gauge, "pool, scrape_uri", add_figure<&HipagesPool::active>},
    {"phpfpm_total_processes", "Idle and active processes.", MetricType::gauge, "pool, scrape_uri",
     add_figure<&HipagesPool::total>},
    {"phpfpm_max_active_processes", "Most processes active at once since the pool's start.",
     MetricType::gauge, "pool, scrape_uri", add_reading<&StatusPage::active_processes_peak>},
    {"phpfpm_max_children_reached",
     "Times that the pool wanted more processes than pm.max_children; never moves with pm = "
     "static.",
     MetricType::counter, "pool, scrape_uri", add_reading<&StatusPage::max_children_reached>},
    {"phpfpm_slow_requests", "Requests that took longer than the pool's request_slowlog_timeout.",
     MetricType::counter, "pool, scrape_uri", add_reading<&StatusPage::slow_requests>},
    {"phpfpm_process_requests", "Requests that the process has served.", MetricType::counter,
     "pool, child, scrape_uri", add_process_number<&Process::requests>},
    {"phpfpm_process_last_request_memory", "Most bytes of memory that its last request used.",
     MetricType::gauge, "pool, child, scrape_uri",
     add_process_number<&Process::last_request_memory_bytes>},
    {"phpfpm_process_last_request_cpu", "Processor time of its last request in % of its duration.",
     MetricType::gauge, "pool, child, scrape_uri",
     add_process_number<&Process::last_request_cpu_percent>},
    {"phpfpm_process_request_duration",
     "Microseconds since the start of the request it runs, or those its last one took.",
     MetricType::gauge, "pool, child, scrape_uri",
     add_process_number<&Process::request_duration_us>},
    {"phpfpm_process_state",
     "1 for the state the process is in, 0 for the others: Idle, Running, Finishing, Reading "
     "headers, Getting request informations (also where newer PHP says information), Ending; "
     "Creating and Other only while it is in them. Never Idle while the pool is saturated.",
     MetricType::gauge, "pool, child, state, scrape_uri", add_hipages_process_state},
};

}  // namespace

HipagesPool hipages_pool(const TargetView& target, Compat compat) {
  HipagesPool pool;
  pool.failures = failures_of(target.status);
  switch (target.status.health.health(target.now)) {
    case probe::Health::up:
      pool.reached = true;
      take_up(pool, target, compat);
      break;
    case probe::Health::saturated:
      pool.reached = true;
      take_saturated(pool, target, compat);
      break;
    case probe::Health::down:
    case probe::Health::unknown:
      break;
  }
  const auto& learned = target.status.pool.label_text;
  pool.pool_text = learned ? *learned : R"(pool="")";
  const std::string& uri = target.identity.scrape_uri;
  exposition::append_label(pool.uri_text, "scrape_uri",
                           uri.empty() ? target.identity.address.text() : uri);
  return pool;
}

std::span<const HipagesRow> hipages_rows() {
  return kHipagesRows;
}

void write_hipages_metrics(std::span<const TargetView> targets, Compat compat, Writer& writer) {
  std::vector<HipagesPool> pools;
  std::unordered_set<std::string> uris;
  for (const TargetView& target : targets) {
    // The original asks at the scrape; before our first round, 0 would be an alarm about nothing.
    if (!target.status.health.last_round()) continue;
    HipagesPool pool = hipages_pool(target, compat);
    if (uris.insert(pool.uri_text).second) pools.push_back(std::move(pool));
  }
  for (const HipagesRow& row : kHipagesRows) {
    writer.family(row.name, row.help, row.type);
    for (const HipagesPool& pool : pools) row.write(pool, writer);
  }
}

}  // namespace metrics
