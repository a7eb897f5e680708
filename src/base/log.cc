#include "base/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <span>

#include "base/log_lines.h"
#include "base/log_sink.h"

namespace base::log {
namespace {

// spdlog filters by level and lets one line in at a time; the line comes ready made, because spdlog
// escapes nothing.
class StderrSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  std::uint64_t dropped_lines() const { return lines_.dropped_lines(); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    lines_.write({message.payload.data(), message.payload.size()});
  }
  void flush_() override {}  // nothing is kept back

 private:
  LineSink lines_{STDERR_FILENO};
};

struct Log {
  std::shared_ptr<StderrSink> sink = std::make_shared<StderrSink>();  // shared: as spdlog wants it
  spdlog::logger logger{"", sink};
  std::atomic<Format> format = Format::logfmt;
};

// Never destroyed: a thread may still log while the program ends.
Log& the_log() {
  static Log& log = *new Log;
  return log;
}

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

void configure(Level level, Format format) {
  the_log().format = format;
  the_log().logger.set_level(spdlog_level(level));
}

bool enabled(Level level) {
  return the_log().logger.should_log(spdlog_level(level));
}

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (!enabled(level)) return;
  const WallTime now = std::chrono::system_clock::now();
  const std::string line =
      format_line(the_log().format, now, level, message, std::span(fields.begin(), fields.size()));
  the_log().logger.log(spdlog::source_loc{}, spdlog_level(level), spdlog::string_view_t(line));
}

std::uint64_t dropped_lines() {
  return the_log().sink->dropped_lines();
}

}  // namespace base::log
