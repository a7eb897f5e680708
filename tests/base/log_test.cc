#include "base/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "support/temp_dir.h"

namespace base::log {
namespace {

// Points descriptor 2 at a file while it lives.
class CapturedStderr {
 public:
  CapturedStderr() : saved_(dup(STDERR_FILENO)) {
    const UniqueFd file(open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    dup2(file.get(), STDERR_FILENO);
  }
  ~CapturedStderr() {
    dup2(saved_.get(), STDERR_FILENO);
    configure(Level::info, Format::logfmt);
  }
  CapturedStderr(const CapturedStderr&) = delete;
  CapturedStderr& operator=(const CapturedStderr&) = delete;

  std::vector<std::string> lines() const {
    std::ifstream file(path_);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

 private:
  support::TempDir directory_;
  std::string path_ = directory_.file("stderr");
  UniqueFd saved_;
};

TEST(Log, WritesInfoAndAboveAsLogfmtByDefault) {
  const CapturedStderr captured;
  debug("hidden");
  info("started", {{"targets", "3"}});
  warn("odd");
  error("bad");
  const auto lines = captured.lines();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_TRUE(lines[0].starts_with("time=20"));
  EXPECT_TRUE(lines[0].ends_with("Z level=info msg=started targets=3"));
  EXPECT_TRUE(lines[1].ends_with(" level=warn msg=odd"));
  EXPECT_TRUE(lines[2].ends_with(" level=error msg=bad"));
}

TEST(Log, EachLevelHidesTheOnesBelow) {
  const std::vector<Level> levels = {Level::debug, Level::info, Level::warn, Level::error};
  for (const Level lowest : levels) {
    const CapturedStderr captured;
    configure(lowest, Format::logfmt);
    for (const Level level : levels) {
      EXPECT_EQ(enabled(level), level >= lowest);
      write(level, "m", {});
    }
    EXPECT_EQ(captured.lines().size(), levels.size() - static_cast<std::size_t>(lowest));
  }
}

TEST(Log, WritesJsonWhenAsked) {
  const CapturedStderr captured;
  configure(Level::info, Format::json);
  info("say \"hi\"", {{"key", "{} %d"}});
  ASSERT_EQ(captured.lines().size(), 1U);
  const auto read = nlohmann::json::parse(captured.lines()[0]);
  EXPECT_EQ(read.at("msg"), "say \"hi\"");
  EXPECT_EQ(read.at("key"), "{} %d");
}

TEST(Log, ThreadsNeverMixTheirLines) {
  const CapturedStderr captured;
  const std::uint64_t dropped_before = dropped_lines();
  std::vector<std::thread> threads;
  for (char name = 'a'; name < 'e'; ++name) {
    threads.emplace_back([name] {
      for (int i = 0; i < 200; ++i) info("m", {{"value", std::string(500, name)}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto lines = captured.lines();
  EXPECT_EQ(lines.size() + (dropped_lines() - dropped_before), 800U);
  EXPECT_EQ(dropped_lines(), dropped_before) << "a file takes every line";
  for (const std::string& line : lines) {
    const std::string value = line.substr(line.find("value=") + 6);
    ASSERT_EQ(value, std::string(500, value[0]));
  }
}

TEST(Log, CountsWhatItDrops) {
  const CapturedStderr captured;
  const std::uint64_t before = dropped_lines();
  const UniqueFd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  dup2(full.get(), STDERR_FILENO);
  info("lost");
  EXPECT_EQ(dropped_lines(), before + 1);
}

}  // namespace
}  // namespace base::log
