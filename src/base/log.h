// One line per event: a message and key=value fields, as logfmt or JSON, values escaped. Any thread
// may log. Never blocks: the sink polls, writes one whole line to stderr, or drops it and counts
// (dropped_lines()).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace base::log {

enum class Level { debug, info, warn, error };
enum class Format { logfmt, json };

inline constexpr std::size_t kMaxLineBytes = 2048;  // a longer line is cut and ends in "..."

struct Field {
  std::string_view key;
  std::string value;
};

void configure(
    Level level,
    Format format);  // once at start, before other threads exist; the default is info, logfmt
bool enabled(Level level);  // cheap: guard debug lines whose fields are costly to build

void write(Level level, std::string_view message, std::initializer_list<Field> fields);
inline void debug(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::debug, m, f);
}
inline void info(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::info, m, f);
}
inline void warn(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::warn, m, f);
}
inline void error(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::error, m, f);
}

std::uint64_t dropped_lines();

}  // namespace base::log
