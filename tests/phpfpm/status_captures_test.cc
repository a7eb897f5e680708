// Every status page recorded from a real pool: its figures, or what it is instead.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <ostream>
#include <set>
#include <string>

#include "pages.h"

namespace phpfpm {
namespace {

constexpr std::size_t kRecordHeaderBytes = 8;

// The bodies came as records of one answer (all of them STDOUT but the last): their contents one
// after the other, less the CGI headers.
std::string capture_body(const std::string& name) {
  const std::string bytes = contents("../fastcgi/captures/" + name + ".response.bin");
  const auto byte_at = [&](std::size_t at) {
    return std::size_t{static_cast<unsigned char>(bytes.at(at))};
  };
  std::string output;
  for (std::size_t at = 0; at + kRecordHeaderBytes <= bytes.size();) {
    const std::size_t content_bytes = (byte_at(at + 4) << 8) + byte_at(at + 5);
    constexpr std::size_t kStdout = 6;
    if (byte_at(at + 1) == kStdout) output += bytes.substr(at + kRecordHeaderBytes, content_bytes);
    at += kRecordHeaderBytes + content_bytes + byte_at(at + 6);
  }
  for (const std::string blank_line : {"\r\n\r\n", "\n\n"}) {
    const std::size_t at = output.find(blank_line);
    if (at != std::string::npos) return output.substr(at + blank_line.size());
  }
  ADD_FAILURE() << name << " has no headers";
  return {};
}

struct Recorded {
  const char* name;
  const char* pool;
  // In the order of the page, from `start time` to `slow requests`.
  std::array<std::uint64_t, 12> figures;
  std::optional<ProcessSummary> summary;
};

void PrintTo(const Recorded& shown, std::ostream* out) {
  *out << shown.name;
}

ProcessSummary summary(std::uint64_t idle, std::uint64_t running, std::uint64_t longest_running_us,
                       std::uint64_t largest_memory_bytes) {
  ProcessSummary sums;
  sums.by_state[static_cast<std::size_t>(ProcessState::idle)] = idle;
  sums.by_state[static_cast<std::size_t>(ProcessState::running)] = running;
  sums.longest_running_us = longest_running_us;
  sums.largest_request_memory_bytes = largest_memory_bytes;
  return sums;
}

const Recorded kRecordedPages[] = {
    {"fpm82-300-status-json-full",
     "many",
     {1795355990, 4, 1, 0, 0, 4096, 299, 1, 300, 1, 0, 0},
     summary(299, 1, 627, 0)},
    {"fpm82-status-custom",
     "custom",
     {1795353943, 643, 2, 0, 0, 4096, 0, 1, 1, 1, 0, 0},
     std::nullopt},
    {"fpm82-status-json", "www", {1795353943, 57, 4, 0, 0, 4096, 3, 1, 4, 1, 0, 0}, std::nullopt},
    {"fpm82-status-json-full",
     "www",
     {1795353943, 57, 5, 0, 0, 4096, 3, 1, 4, 1, 0, 0},
     summary(3, 1, 98, 2097152)},
    {"fpm82-status-json-huge",
     "custom",
     {1795353943, 876, 18446744073709551607U, 0, 0, 4096, 0, 1, 1, 1, 0, 0},
     summary(0, 1, 100, 0)},
    {"fpm82-status-json-odd-ctrl",
     "one",
     {1795353943, 877, 83, 0, 3, 2, 0, 1, 1, 3, 0, 0},
     summary(0, 1, 1122, 0)},
    {"fpm82-status-json-odd-ctrl-user",
     "one",
     {1795353943, 877, 84, 0, 3, 2, 0, 1, 1, 3, 0, 0},
     summary(0, 1, 61, 0)},
    {"fpm82-status-json-odd-long",
     "one",
     {1795353943, 877, 89, 0, 3, 2, 0, 1, 1, 3, 0, 0},
     summary(0, 1, 59, 0)},
    {"fpm82-status-json-odd-long-user",
     "one",
     {1795353943, 877, 90, 0, 3, 2, 0, 1, 1, 3, 0, 0},
     summary(0, 1, 125, 0)},
    {"fpm82-status-json-odd-quote",
     "one",
     {1795353943, 877, 81, 0, 3, 2, 0, 1, 1, 3, 0, 0},
     summary(0, 1, 142, 0)},
    {"fpm82-status-json-odd-quote-user",
     "one",
     {1795353943, 877, 82, 0, 3, 2, 0, 1, 1, 3, 0, 0},
     summary(0, 1, 69, 0)},
    {"fpm82-status-json-odd-utf8bad",
     "one",
     {1795353943, 877, 85, 0, 3, 2, 0, 1, 1, 3, 0, 0},
     summary(0, 1, 49, 0)},
    {"fpm82-status-json-odd-utf8bad-user",
     "one",
     {1795353943, 877, 86, 0, 3, 2, 0, 1, 1, 3, 0, 0},
     summary(0, 1, 52, 0)},
    {"fpm82-status-json-odd-utf8ok",
     "one",
     {1795353943, 877, 87, 0, 3, 2, 0, 1, 1, 3, 0, 0},
     summary(0, 1, 50, 0)},
    {"fpm82-status-json-odd-utf8ok-user",
     "one",
     {1795353943, 877, 88, 0, 3, 2, 0, 1, 1, 3, 0, 0},
     summary(0, 1, 51, 0)},
    {"fpm82-statuslisten-json-full-tcp",
     "one",
     {1795353943, 643, 63, 0, 3, 2, 1, 0, 1, 3, 0, 0},
     summary(1, 0, 0, 2097152)},
    {"fpm82-statuslisten-json-full-unix",
     "onesock",
     {1795353943, 643, 61, 0, 0, 0, 1, 0, 1, 3, 0, 0},
     summary(1, 0, 0, 2097152)},
};

struct Otherwise {
  const char* name;
  const char* reason;
};
const Otherwise kRecordedOtherwise[] = {
    {"client-nginx-status", "the text \"pong\""},
    {"fpm82-300-status-full", "a status page as plain text"},
    {"fpm82-300-status-xml-full", "XML"},
    {"fpm82-status-full", "a status page as plain text"},
    {"fpm82-status-head", "an empty body"},
    {"fpm82-status-html", "HTML"},
    {"fpm82-status-html-full", "HTML"},
    {"fpm82-status-openmetrics", "a page of metrics"},
    {"fpm82-status-openmetrics-full", "a page of metrics"},
    {"fpm82-status-plain", "a status page as plain text"},
    {"fpm82-status-xml", "XML"},
    {"fpm82-status-xml-full", "XML"},
    {"fpm82-statuslisten-ping-tcp", "the text \"pong\""},
    {"fpm82-statuslisten-ping-unix", "the text \"pong\""},
    {"fpm82-statuslisten-script-tcp", "the text \"hello\""},
    {"fpm82-statuslisten-script-unix", "the text \"hello\""},
};

class RecordedPages : public testing::TestWithParam<Recorded> {};

TEST_P(RecordedPages, HaveTheirFigures) {
  const Recorded& want = GetParam();
  const StatusPage page = parsed(capture_body(want.name));
  StatusPage wanted;
  wanted.pool = want.pool;
  wanted.process_manager = "static";
  wanted.start_time = want.figures[0];
  wanted.start_since = want.figures[1];
  wanted.accepted_connections = want.figures[2];
  wanted.listen_queue = want.figures[3];
  wanted.listen_queue_peak = want.figures[4];
  wanted.listen_queue_limit = want.figures[5];
  wanted.idle_processes = want.figures[6];
  wanted.active_processes = want.figures[7];
  wanted.total_processes = want.figures[8];
  wanted.active_processes_peak = want.figures[9];
  wanted.max_children_reached = want.figures[10];
  wanted.slow_requests = want.figures[11];
  wanted.summary = want.summary;
  EXPECT_EQ(page, wanted);
}

TEST_P(RecordedPages, HaveASlotForEachProcess) {
  const StatusPage page = parsed(capture_body(GetParam().name), Keep::processes);
  EXPECT_EQ(page.processes.size(), GetParam().summary ? *page.total_processes : 0);
  for (const Process& process : page.processes) EXPECT_GT(process.start_time, 0U);
}

INSTANTIATE_TEST_SUITE_P(Captures, RecordedPages, testing::ValuesIn(kRecordedPages),
                         [](const auto& test) {
                           std::string name = test.param.name;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST(StatusCaptures, ThatAreNoPageInJsonAreCalledWhatTheyAre) {
  for (const auto& [name, reason] : kRecordedOtherwise) {
    EXPECT_EQ(reason_against(capture_body(name)), reason) << name;
  }
}

TEST(StatusCaptures, AreAllInOneTableOrTheOther) {
  std::set<std::string> in_tables;
  for (const Recorded& page : kRecordedPages) in_tables.insert(page.name);
  for (const auto& [name, reason] : kRecordedOtherwise) in_tables.insert(name);
  std::set<std::string> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(TEST_DATA_DIR "/../fastcgi/captures")) {
    const std::string file = entry.path().filename();
    constexpr std::string_view kEnd = ".response.bin";
    if (!file.ends_with(kEnd) || file.find("status") == std::string::npos) continue;
    files.insert(file.substr(0, file.size() - kEnd.size()));
  }
  EXPECT_EQ(in_tables, files);
}

}  // namespace
}  // namespace phpfpm
