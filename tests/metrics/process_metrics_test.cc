#include "metrics/process_metrics.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include <thread>

#include "base/unique_fd.h"

namespace metrics {
namespace {

constexpr ProcUnits kUnits{.ticks_per_second = 100, .page_bytes = 4096};

// Fields 14 utime, 15 stime, 20 threads, 22 start, 23 virtual bytes, 24 resident pages.
std::string stat_line(const std::string& name) {
  return "77 (" + name +
         ") S 1 77 77 0 -1 4194560 500 0 0 0 250 50 0 0 20 0 6 0 123450 104857600 2560 "
         "18446744073709551615 1 1\n";
}

ProcTexts whole_texts() {
  return {stat_line("fastcgi_exporter"),
          "Limit                     Soft Limit           Hard Limit           Units     \n"
          "Max cpu time              unlimited            unlimited            seconds   \n"
          "Max open files            1024                 524288               files     \n"
          "Max address space         unlimited            unlimited            bytes     \n",
          "cpu  1 2 3\nintr 5 6 7\nctxt 8\nbtime 1760000000\nprocesses 9\n", 64};
}

TEST(ProcessMetrics, ReadTheKernelsText) {
  const ProcessNumbers numbers = parse_process(whole_texts(), kUnits);
  EXPECT_EQ(numbers.cpu_seconds, 3.0);
  EXPECT_EQ(numbers.threads, 6);
  EXPECT_EQ(numbers.virtual_memory_bytes, 104857600);
  EXPECT_EQ(numbers.resident_memory_bytes, 2560 * 4096);
  EXPECT_EQ(numbers.start_time_seconds, 1760000000 + 1234.5);
  EXPECT_EQ(numbers.max_fds, 1024);
  EXPECT_EQ(numbers.virtual_memory_max_bytes, 18446744073709551615.0);
  EXPECT_EQ(numbers.open_fds, 64);
}

TEST(ProcessMetrics, AreNotMisledByTheProgramsName) {
  for (const char* name : {"", "a b c", ") S 1 1 1", "((", "))", "\n) 9 9"}) {
    ProcTexts texts = whole_texts();
    texts.stat = stat_line(name);
    EXPECT_EQ(parse_process(texts, kUnits).threads, 6) << name;
  }
}

TEST(ProcessMetrics, LeaveOutWhatCannotBeRead) {
  EXPECT_TRUE(process_families(parse_process({}, kUnits)).empty());
  for (const char* text :
       {")", "()", "1 (a) S", "1 (a) S x x x x x x x x x x x x x x x x x x x x x x"}) {
    ProcTexts texts;
    texts.stat = texts.limits = texts.system_stat = text;
    EXPECT_TRUE(process_families(parse_process(texts, kUnits)).empty()) << text;
  }
  ProcTexts hidden = whole_texts();
  hidden.system_stat.clear();  // ProcSubset=pid
  EXPECT_FALSE(parse_process(hidden, kUnits).start_time_seconds.has_value());
  EXPECT_EQ(process_families(parse_process(hidden, kUnits)).size(), 7u);
}

TEST(ProcessMetrics, EveryTruncationIsReadWithoutHarm) {
  const ProcTexts whole = whole_texts();
  for (std::size_t size = 0; size <= whole.stat.size(); ++size) {
    ProcTexts cut = whole;
    cut.stat.resize(size);
    EXPECT_GE(process_families(parse_process(cut, kUnits)).size(), 3u);
  }
}

TEST(ProcessMetrics, ShowTheStandardEightOfThisProcess) {
  const auto families = process_families(parse_process(read_process(), process_units()));
  std::vector<std::string> names;
  for (const auto& family : families) names.push_back(family.name);
  EXPECT_THAT(names, testing::ElementsAre("process_cpu_seconds_total", "process_open_fds",
                                          "process_max_fds", "process_virtual_memory_bytes",
                                          "process_virtual_memory_max_bytes",
                                          "process_resident_memory_bytes",
                                          "process_start_time_seconds", "process_threads"));
}

TEST(ProcessMetrics, CountDescriptorsAndThreadsAsTheyCome) {
  const ProcessNumbers before = parse_process(read_process(), process_units());
  const base::UniqueFd one(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const base::UniqueFd two(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const ProcessNumbers after = parse_process(read_process(), process_units());
  EXPECT_EQ(*after.open_fds, *before.open_fds + 2);
  EXPECT_EQ(after.start_time_seconds, before.start_time_seconds);
}

}  // namespace
}  // namespace metrics
