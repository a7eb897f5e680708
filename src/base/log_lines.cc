#include "base/log_lines.h"

#include <array>
#include <cstdio>
#include <ctime>

#include "base/text.h"

namespace base::log {
namespace {

// What finishes a cut line in either form: `..."`, or `,"more":"..."`, and then `}` and the
// newline.
constexpr std::size_t kTailBytes = 24;
constexpr std::size_t kRoomBytes = kMaxLineBytes - kTailBytes;

std::string time_text(WallTime time) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto whole = std::chrono::floor<std::chrono::seconds>(milliseconds);
  const std::time_t since_1970 = whole.time_since_epoch().count();
  std::tm utc{};
  gmtime_r(&since_1970, &utc);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  static_cast<void>(std::snprintf(text.data() + size, text.size() - size, ".%03dZ",
                                  static_cast<int>((milliseconds - whole).count())));
  return text.data();
}

// One character as it stands between quotes. The escapes are JSON's; readers of logfmt know the
// same ones.
std::string escaped(std::string_view raw, const Character& next) {
  if (next.code == '"') return "\\\"";
  if (next.code == '\\') return "\\\\";
  if (next.code == '\n') return "\\n";
  if (next.code == '\r') return "\\r";
  if (next.code == '\t') return "\\t";
  if (next.is_valid && !is_control(next.code)) return std::string(raw.substr(0, next.size));
  return escape(next.code);
}

// As few quotes as a reader of logfmt allows: lines are read by people too.
bool needs_quotes(std::string_view value) {
  if (value.empty()) return true;
  while (!value.empty()) {
    const Character next = first_character(value);
    const bool is_plain = next.is_valid && !is_control(next.code) && next.code != ' ' &&
                          next.code != '"' && next.code != '=' && next.code != '\\';
    if (!is_plain) return true;
    value.remove_prefix(next.size);
  }
  return false;
}

class Line {
 public:
  explicit Line(Format format) : is_json_(format == Format::json) {
    if (is_json_) text_ = '{';
  }

  void add(std::string_view key, std::string_view value) {
    if (is_cut_) return;
    // Two quotes around the key, two around the value, ',' or ' ', ':' or '='.
    if (text_.size() + key.size() + 6 > kRoomBytes) {
      is_cut_ = true;
      key = "more";
      value = "...";
    }
    begin(key);
    const bool quoted = is_json_ || needs_quotes(value.substr(0, kRoomBytes));
    if (quoted) text_ += '"';
    add_value(value);
    if (quoted) text_ += '"';
  }

  std::string finish() && {
    text_ += is_json_ ? "}\n" : "\n";
    return std::move(text_);
  }

 private:
  void begin(std::string_view key) {
    if (is_json_) {
      if (text_.size() > 1) text_ += ',';
      text_.append("\"").append(key).append("\":");
    } else {
      if (!text_.empty()) text_ += ' ';
      text_.append(key).append("=");
    }
  }

  void add_value(std::string_view value) {
    while (!value.empty()) {
      const Character next = first_character(value);
      const std::string shown = escaped(value, next);
      if (!is_cut_ && text_.size() + shown.size() > kRoomBytes) {
        text_ += "...";
        is_cut_ = true;
        return;
      }
      text_ += shown;
      value.remove_prefix(next.size);
    }
  }

  const bool is_json_;
  bool is_cut_ = false;
  std::string text_;
};

}  // namespace

std::string_view label(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
  }
  return "";
}

std::string format_line(Format format, WallTime time, Level level, std::string_view message,
                        std::span<const Field> fields) {
  Line line(format);
  line.add("time", time_text(time));
  line.add("level", label(level));
  line.add("msg", message);
  for (const Field& field : fields) line.add(field.key, field.value);
  return std::move(line).finish();
}

}  // namespace base::log
