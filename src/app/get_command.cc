#include "app/get_command.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <ctime>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "app/one_shot.h"
#include "phpfpm/status_page.h"

namespace app {
namespace {

using Json = nlohmann::ordered_json;
using phpfpm::StatusPage;

constexpr std::size_t kMaxAtOnce = 16;        // pools asked side by side
constexpr std::size_t kTextColumnWidth = 24;  // of the names

struct Pool {
  std::string address;                     // as it was given
  std::shared_ptr<const StatusPage> page;  // null: see problem
  std::string problem;
  bool lists_processes = false;  // even where the pool has none
};

std::string sentence_of(const probe::Verdict& verdict) {
  const probe::OutcomeInfo& info = probe::info(verdict.outcome);
  std::string text = std::string(info.label) + ": " + std::string(info.sentence);
  if (!verdict.detail.empty()) text += " (" + verdict.detail + ")";
  return text;
}

// At the status address if there is one: it answers while every worker is busy.
Pool ask(const config::Target& target, const config::Module& module) {
  Pool pool;
  const base::Address& address = target.status_address.value_or(target.address);
  pool.address = target.scrape_uri.empty() ? address.text() : target.scrape_uri;
  const probe::CheckSettings* const settings = config::find_status_check(module);
  if (settings == nullptr) {
    pool.problem = "the module " + module.name + " has no status check";
    return pool;
  }
  const auto check = probe::make_check(*settings);
  if (!check) {
    pool.problem = check.error();
    return pool;
  }
  const OneShot shot = probe_once(address, **check, module.timeout);
  pool.page = shot.verdict.status_page;
  if (pool.page == nullptr) {
    pool.problem = sentence_of(shot.verdict);
  } else {
    pool.lists_processes = pool.page->summary.has_value() &&
                           settings->process_details == probe::ProcessDetails::per_process;
  }
  return pool;
}

Pool ask_safely(const config::Target& target, const config::Module& module) {
  try {
    return ask(target, module);
  } catch (const std::exception& error) {  // no descriptor, no thread: of this pool alone
    return {.address = target.name, .page = nullptr, .problem = error.what()};
  }
}

// Side by side, so that pools which hang do not add up.
std::vector<Pool> ask_all(const config::Config& config) {
  std::vector<Pool> pools(config.targets.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < pools.size(); i = next++) {
      const config::Target& target = config.targets[i];
      pools[i] = ask_safely(target, config::module_of(config, target));
    }
  };
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < std::min(kMaxAtOnce, pools.size()); ++i) threads.emplace_back(work);
  work();
  threads.clear();  // joins
  return pools;
}

using Count = std::optional<std::uint64_t>;

// What stands in the text, and in PHP-FPM's own JSON.
struct Figure {
  const char* title;
  const char* key;
  Count StatusPage::*value;
};
constexpr Figure kFigures[] = {
    {"Start since:", "start since", &StatusPage::start_since},
    {"Accepted connections:", "accepted conn", &StatusPage::accepted_connections},
    {"Listen Queue:", "listen queue", &StatusPage::listen_queue},
    {"Max Listen Queue:", "max listen queue", &StatusPage::listen_queue_peak},
    {"Listen Queue Length:", "listen queue len", &StatusPage::listen_queue_limit},
    {"Idle Processes:", "idle processes", &StatusPage::idle_processes},
    {"Active Processes:", "active processes", &StatusPage::active_processes},
    {"Total Processes:", "total processes", &StatusPage::total_processes},
    {"Max active processes:", "max active processes", &StatusPage::active_processes_peak},
    {"Max children reached:", "max children reached", &StatusPage::max_children_reached},
    {"Slow requests:", "slow requests", &StatusPage::slow_requests},
};

// "Mon, 23 Nov 2026 09:00:00 +0000"
std::string date(Count unix_seconds) {
  if (!unix_seconds) return "-";
  const auto time = static_cast<std::time_t>(*unix_seconds);
  std::tm parts{};
  std::array<char, 64> text{};
  if (gmtime_r(&time, &parts) == nullptr) return "-";
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %T +0000", &parts)};
}

std::string line(std::string title, const std::string& value) {
  title.resize(std::max(kTextColumnWidth, title.size() + 1), ' ');
  return title + value + "\n";
}

void print_text(const Pool& pool, std::ostream& out) {
  out << line("Address:", pool.address);
  if (pool.page == nullptr) {
    out << line("Error:", pool.problem) << "\n";
    return;
  }
  out << line("Pool:", pool.page->pool) << line("Start time:", date(pool.page->start_time));
  for (const Figure& figure : kFigures) {
    const Count& value = (*pool.page).*figure.value;
    out << line(figure.title, value ? std::to_string(*value) : "-");
  }
  out << "\n";
}

// PHP-FPM's own words.
const char* word(phpfpm::ProcessState state) {
  constexpr std::array<const char*, phpfpm::kProcessStateCount> kWords{
      "Idle",   "Running",  "Finishing", "Reading headers", "Getting request information",
      "Ending", "Creating", "Other"};
  return kWords[static_cast<std::size_t>(state)];
}

Json described(const phpfpm::Process& process) {
  return {{"state", word(process.state)},
          {"start time", process.start_time},
          {"requests", process.requests},
          {"request duration", process.request_duration_us},
          {"last request cpu", process.last_request_cpu_percent},
          {"last request memory", process.last_request_memory_bytes}};
}

Json described(const Pool& pool) {
  Json json{{"address", pool.address}};
  if (pool.page == nullptr) {
    json["error"] = pool.problem;
    return json;
  }
  json["pool"] = pool.page->pool;
  json["process manager"] = pool.page->process_manager;
  if (pool.page->start_time) json["start time"] = *pool.page->start_time;
  for (const Figure& figure : kFigures) {
    if (const Count& value = (*pool.page).*figure.value) json[figure.key] = *value;
  }
  if (!pool.lists_processes) return json;
  json["processes"] = Json::array();
  for (const phpfpm::Process& process : pool.page->processes) {
    json["processes"].push_back(described(process));
  }
  return json;
}

void print_json(const std::vector<Pool>& pools, std::ostream& out) {
  Json json{{"pools", Json::array()}};
  for (const Pool& pool : pools) json["pools"].push_back(described(pool));
  out << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

}  // namespace

int run_get(GetFormat format, const config::Config& config, std::ostream& out) {
  const std::vector<Pool> pools = ask_all(config);
  if (format == GetFormat::json) {
    print_json(pools, out);
  } else {
    for (const Pool& pool : pools) print_text(pool, out);
  }
  const bool all_answered =
      std::ranges::all_of(pools, [](const Pool& pool) { return pool.page != nullptr; });
  return all_answered ? 0 : 1;
}

}  // namespace app
