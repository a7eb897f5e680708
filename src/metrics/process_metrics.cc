#include "metrics/process_metrics.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>

#include "base/text.h"
#include "base/unique_fd.h"
#include "metrics/families.h"

namespace metrics {
namespace {

// /proc/stat has a line per processor and a word per interrupt; as a rule it is a few KiB. Read in
// pieces: three buffers of a MiB each were most of what a page of one target cost.
constexpr std::size_t kMaxProcBytes = 1 << 20;
constexpr std::size_t kPieceBytes = 4 << 10;
constexpr const char* kBootTime = "btime";

// The blank-separated word number `index`, counted from 0; empty when there are fewer.
std::string_view word(std::string_view text, std::size_t index) {
  for (;; --index) {
    const std::size_t start = text.find_first_not_of(" \t");
    if (start == std::string_view::npos) return {};
    text.remove_prefix(start);
    const std::size_t end = std::min(text.find_first_of(" \t\n"), text.size());
    if (index == 0) return text.substr(0, end);
    text.remove_prefix(end);
  }
}

std::optional<double> number(std::string_view digits) {
  const auto value = base::parse_uint(digits);
  if (!value) return std::nullopt;
  return static_cast<double>(*value);
}

std::optional<double> scaled(std::optional<double> value, double factor) {
  if (value) *value *= factor;
  return value;
}

std::optional<double> sum(std::optional<double> a, std::optional<double> b) {
  if (!a || !b) return std::nullopt;
  return *a + *b;
}

// What follows `key` on the line that begins with it.
std::string_view line_after(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.starts_with(key)) return line.substr(key.size());
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

std::optional<double> soft_limit(std::string_view limits, std::string_view name) {
  const std::string_view soft = word(line_after(limits, name), 0);
  // As the other Prometheus clients show "no limit".
  if (soft == "unlimited") return static_cast<double>(std::numeric_limits<std::uint64_t>::max());
  return number(soft);
}

// Not by a std::ifstream, which takes as long as the kernel does.
std::string read_file(const char* path) {
  const base::UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
  std::array<char, kPieceBytes> piece;
  std::string text;
  ssize_t size = 1;
  while (file.is_open() && size > 0 && text.size() < kMaxProcBytes) {
    size = ::read(file.get(), piece.data(), piece.size());
    if (size > 0) text.append(piece.data(), static_cast<std::size_t>(size));
  }
  return text;
}

// Read once: the kernel adds up every interrupt of every processor for this file, of which we want
// one line. It changes when the clock is set, and the start of a process should not.
const std::string& boot_time_line() {
  static const std::string line =
      kBootTime + std::string(line_after(read_file("/proc/stat"), kBootTime));
  return line;
}

std::optional<std::uint64_t> count_open_fds() {
  struct stat folder {};  // since Linux 6.2 its size is their number
  if (::stat("/proc/self/fd", &folder) == 0 && folder.st_size > 0) {
    return static_cast<std::uint64_t>(folder.st_size);
  }
  std::error_code error;
  std::filesystem::directory_iterator entries("/proc/self/fd", error);
  std::uint64_t count = 0;
  for (const std::filesystem::directory_iterator end; !error && entries != end;
       entries.increment(error)) {
    ++count;
  }
  if (error || count == 0) return std::nullopt;
  return count - 1;  // one is the directory being read
}

}  // namespace

ProcessNumbers parse_process(const ProcTexts& texts, ProcUnits units) {
  // The second field is the program's name in parentheses and may hold anything, parentheses and
  // blanks included.
  const std::size_t name_end = texts.stat.rfind(')');
  const std::string_view after_name =
      name_end == std::string::npos ? "" : std::string_view(texts.stat).substr(name_end + 1);
  const auto field = [&](std::size_t of_proc_5) { return number(word(after_name, of_proc_5 - 3)); };

  ProcessNumbers numbers;
  numbers.cpu_seconds = scaled(sum(field(14), field(15)), 1 / units.ticks_per_second);
  numbers.threads = field(20);
  numbers.virtual_memory_bytes = field(23);
  numbers.resident_memory_bytes = scaled(field(24), units.page_bytes);
  numbers.start_time_seconds = sum(scaled(field(22), 1 / units.ticks_per_second),
                                   number(word(line_after(texts.system_stat, kBootTime), 0)));
  numbers.max_fds = soft_limit(texts.limits, "Max open files");
  numbers.virtual_memory_max_bytes = soft_limit(texts.limits, "Max address space");
  if (texts.open_fds) numbers.open_fds = static_cast<double>(*texts.open_fds);
  return numbers;
}

ProcTexts read_process() {
  return {read_file("/proc/self/stat"), read_file("/proc/self/limits"), boot_time_line(),
          count_open_fds()};
}

ProcUnits process_units() {
  return {static_cast<double>(::sysconf(_SC_CLK_TCK)),
          static_cast<double>(::sysconf(_SC_PAGESIZE))};
}

std::vector<prometheus::MetricFamily> process_families(const ProcessNumbers& numbers) {
  std::vector<prometheus::MetricFamily> families;
  const auto add = [&](auto make, const char* name, const char* help, std::optional<double> value) {
    if (value) families.push_back(make(name, help, *value));
  };
  add(counter, "process_cpu_seconds_total", "User and system CPU time spent.", numbers.cpu_seconds);
  add(gauge, "process_open_fds", "Open file descriptors.", numbers.open_fds);
  add(gauge, "process_max_fds", "Most file descriptors that may be open.", numbers.max_fds);
  add(gauge, "process_virtual_memory_bytes", "Virtual memory size.", numbers.virtual_memory_bytes);
  add(gauge, "process_virtual_memory_max_bytes", "Most virtual memory there may be.",
      numbers.virtual_memory_max_bytes);
  add(gauge, "process_resident_memory_bytes", "Resident memory size.",
      numbers.resident_memory_bytes);
  add(gauge, "process_start_time_seconds", "Unix time of the start of the process.",
      numbers.start_time_seconds);
  add(gauge, "process_threads", "Operating system threads.", numbers.threads);
  return families;
}

}  // namespace metrics
