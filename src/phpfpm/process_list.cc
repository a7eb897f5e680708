#include "phpfpm/process_list.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace phpfpm {
namespace {

constexpr std::uint64_t kLargestDurationUs = std::numeric_limits<std::int64_t>::max();

struct StateWord {
  std::string_view word;
  ProcessState state;
};
constexpr StateWord kStateWords[] = {
    {"Idle", ProcessState::idle},
    {"Running", ProcessState::running},
    {"Finishing", ProcessState::finishing},
    {"Reading headers", ProcessState::reading_headers},
    {"Getting request information", ProcessState::getting_request_information},
    {"Getting request informations", ProcessState::getting_request_information},
    {"Ending", ProcessState::ending},
    {"Creating", ProcessState::creating},
};

// A word that a later PHP-FPM brings is no fault of the page.
bool set_state(Process& process, const Scalar& value) {
  const auto* word = std::get_if<std::string_view>(&value);
  if (word == nullptr) return false;
  const auto* known = std::ranges::find(kStateWords, *word, &StateWord::word);
  if (known != std::end(kStateWords)) process.state = known->state;
  return true;
}

template <std::uint64_t Process::*member>
bool set_number(Process& process, const Scalar& value) {
  const auto* number = std::get_if<std::uint64_t>(&value);
  if (number == nullptr) return false;
  process.*member = *number;
  return true;
}

// PHP-FPM subtracts two readings of a clock and prints the difference unsigned: 2^64 - n is less
// than nothing.
bool set_duration(Process& process, const Scalar& value) {
  const auto* number = std::get_if<std::uint64_t>(&value);
  if (number == nullptr || *number > kLargestDurationUs) return false;
  process.request_duration_us = *number;
  return true;
}

bool set_cpu(Process& process, const Scalar& value) {
  if (const auto* whole = std::get_if<std::uint64_t>(&value)) {
    process.last_request_cpu_percent = static_cast<double>(*whole);
    return true;
  }
  const auto* number = std::get_if<double>(&value);
  if (number == nullptr || *number < 0) return false;
  process.last_request_cpu_percent = *number;
  return true;
}

// Sets one figure; false for a value that cannot be one, which leaves it as it was.
struct ProcessRow {
  std::string_view key;
  bool (*set)(Process& process, const Scalar& value);
};
constexpr std::array kProcessRows{
    ProcessRow{"state", set_state},
    ProcessRow{"start time", set_number<&Process::start_time>},
    ProcessRow{"requests", set_number<&Process::requests>},
    ProcessRow{"request duration", set_duration},
    ProcessRow{"last request cpu", set_cpu},
    ProcessRow{"last request memory", set_number<&Process::last_request_memory_bytes>},
};

void add(const Process& process, ProcessSummary& summary) {
  ++summary.by_state[static_cast<std::size_t>(process.state)];
  if (process.state == ProcessState::running) {
    summary.longest_running_us = std::max(summary.longest_running_us, process.request_duration_us);
  }
  summary.largest_request_memory_bytes =
      std::max(summary.largest_request_memory_bytes, process.last_request_memory_bytes);
}

}  // namespace

void ProcessList::open_process() {
  process_ = {.state = ProcessState::other};  // until the page says
  seen_.reset();
}

void ProcessList::set(std::string_view key, const Scalar& value) {
  static_assert(kProcessRows.size() == kKeys);
  const auto* row = std::ranges::find(kProcessRows, key, &ProcessRow::key);
  if (row == kProcessRows.end()) return;
  const auto index = static_cast<std::size_t>(row - kProcessRows.begin());
  // PHP-FPM writes each key once. A second one comes from a client, out of a text that was not
  // escaped.
  if (seen_.test(index)) return mark_broken();
  seen_.set(index);
  if (!row->set(process_, value)) ++warnings_;
}

void ProcessList::close_process() {
  if (++count_ > kMaxProcesses) return;
  add(process_, summary_);
  if (keep_ == Keep::processes) processes_.push_back(process_);
}

void ProcessList::put_into(StatusPage& page) && {
  if (is_broken_) {
    ++page.warnings;
    return;
  }
  page.warnings += warnings_ + (count_ > kMaxProcesses ? 1 : 0);
  page.summary = summary_;
  page.processes = std::move(processes_);
}

}  // namespace phpfpm
