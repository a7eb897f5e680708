#include "exposition/text_line.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "exposition/label_text.h"

namespace exposition {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// Reads from the front of a line.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  std::string_view rest() const { return rest_; }
  bool at_end() const { return rest_.empty(); }
  bool at(char c) const { return !rest_.empty() && rest_.front() == c; }

  bool take(char c) {
    if (!at(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  char take_any() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }
  // Up to the first blank or one of `ends`.
  std::string_view take_word(std::string_view ends = {}) {
    const auto stops = [ends](char c) { return is_blank(c) || ends.find(c) != ends.npos; };
    const auto end = std::find_if(rest_.begin(), rest_.end(), stops);
    const auto word = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(word.size());
    return word;
  }

 private:
  std::string_view rest_;
};

base::Unexpected problem(std::string text) {
  return {std::move(text)};
}

std::optional<MetricType> type_named(std::string_view word) {
  for (const MetricType type : {MetricType::gauge, MetricType::counter, MetricType::histogram,
                                MetricType::summary, MetricType::untyped}) {
    if (word == label(type)) return type;
  }
  if (word == "unknown") return MetricType::untyped;  // as OpenMetrics says it
  return std::nullopt;
}

// A backslash that begins no escape stands for itself.
std::string unescaped_help(std::string_view text) {
  std::string help;
  help.reserve(text.size());
  for (Cursor cursor(text); !cursor.at_end();) {
    const char c = cursor.take_any();
    if (c == '\\' && cursor.take('n')) {
      help += '\n';
    } else if (c == '\\' && (cursor.at('\\') || cursor.at('"'))) {
      help += cursor.take_any();
    } else {
      help += c;
    }
  }
  return help;
}

base::Result<TextLine> read_comment(Cursor cursor) {
  cursor.skip_blanks();
  const std::string_view keyword = cursor.take_word();
  cursor.skip_blanks();
  TextLine line;
  if (cursor.at_end() || (keyword != "HELP" && keyword != "TYPE")) return line;

  line.name = cursor.take_word();
  if (!is_valid_metric_name(line.name)) return problem("HELP or TYPE without the name of a metric");
  cursor.skip_blanks();
  if (keyword == "HELP") {
    line.kind = TextLine::Kind::help;
    line.help = unescaped_help(cursor.rest());
    return line;
  }
  const auto type = type_named(base::trim(cursor.rest()));
  if (!type) return problem("a TYPE that is not counter, gauge, histogram, summary or untyped");
  line.kind = TextLine::Kind::type;
  line.type = *type;
  return line;
}

// After the opening quote; takes the closing one. Empty when the value does not end or has an
// escape that the format does not know.
std::optional<std::string> read_label_value(Cursor& cursor) {
  std::string value;
  while (!cursor.at_end()) {
    const char c = cursor.take_any();
    if (c == '"') return value;
    if (c != '\\') {
      value += c;
    } else if (cursor.take('n')) {
      value += '\n';
    } else if (cursor.at('\\') || cursor.at('"')) {
      value += cursor.take_any();
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

// After the opening brace; takes the closing one. The reason, or nothing when all is well.
std::string read_labels(Cursor& cursor, TextLine& line) {
  cursor.skip_blanks();
  while (!cursor.take('}')) {
    const std::string_view name = cursor.take_word("=,{}\"");
    if (!is_valid_label_name(name)) return "no label name where one must stand";
    cursor.skip_blanks();
    if (!cursor.take('=')) return "a label without = after its name";
    cursor.skip_blanks();
    if (!cursor.take('"')) return "a label value without quotes";
    auto value = read_label_value(cursor);
    if (!value) return "a label value that does not end, or with a backslash before another letter";
    const auto same = [name](const auto& earlier) { return earlier.first == name; };
    if (std::ranges::any_of(line.labels, same)) return "the same label twice";
    if (line.labels.size() == kMaxTextLabels) return "too many labels";
    line.labels.emplace_back(name, std::move(*value));
    cursor.skip_blanks();
    if (!cursor.take(',') && !cursor.at('}')) return "labels without a comma or } between them";
    cursor.skip_blanks();
  }
  return {};
}

base::Result<TextLine> read_sample(Cursor cursor) {
  TextLine line{.kind = TextLine::Kind::sample};
  line.name = cursor.take_word("{");
  if (!is_valid_metric_name(line.name)) return problem("no metric name at its start");
  cursor.skip_blanks();
  if (cursor.take('{')) {
    if (std::string reason = read_labels(cursor, line); !reason.empty()) return problem(reason);
    cursor.skip_blanks();
  }
  if (cursor.at_end()) return problem("a metric without a value");
  const auto value = read_number(cursor.take_word());
  if (!value) return problem("a value that is no number");
  line.value = *value;

  cursor.skip_blanks();
  if (cursor.at_end() || cursor.at('#')) return line;  // an exemplar follows #
  if (!read_number(cursor.take_word())) return problem("something after the value");
  cursor.skip_blanks();
  if (!cursor.at_end() && !cursor.at('#')) return problem("something after the timestamp");
  return line;
}

}  // namespace

base::Result<TextLine> read_text_line(std::string_view line) {
  if (line.size() > kMaxTextLineBytes) {
    return problem("longer than " + std::to_string(kMaxTextLineBytes) + " bytes");
  }
  Cursor cursor(line);
  cursor.skip_blanks();
  if (cursor.at_end()) return TextLine{};
  return cursor.take('#') ? read_comment(cursor) : read_sample(cursor);
}

std::optional<double> read_number(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  if (base::equals_ignoring_case(text, "nan")) {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (base::equals_ignoring_case(text, "inf") ||
             base::equals_ignoring_case(text, "infinity")) {
    value = std::numeric_limits<double>::infinity();
  } else {
    // from_chars would take a second sign, and words that the format does not know.
    const bool is_digits = !text.empty() && (text[0] == '.' || (text[0] >= '0' && text[0] <= '9'));
    if (!is_digits) return std::nullopt;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stopped != end) return std::nullopt;
  }
  return is_negative ? -value : value;
}

}  // namespace exposition
