#include "exposition/writer.h"

#include <algorithm>

#include "exposition/numbers.h"

namespace exposition {
namespace {

constexpr std::string_view kTotal = "_total";

inline char* put_labels(char* out, LabelTexts labels) {
  char separator = '{';
  for (const std::string_view text : labels) {
    if (text.empty()) continue;
    *out++ = separator;
    out = put_text(out, text);
    separator = ',';
  }
  if (separator == ',') *out++ = '}';
  return out;
}

// Never less than the line that put_labels() and put_number() make of it.
inline std::size_t line_bound(std::size_t name_bytes, LabelTexts labels) {
  std::size_t bytes = name_bytes + sizeof("{} \n") + kMaxNumberBytes;
  for (const std::string_view text : labels) bytes += text.size() + 1;
  return bytes;
}

std::string_view without_total(std::string_view name) {
  if (name.ends_with(kTotal)) name.remove_suffix(kTotal.size());
  return name;
}

std::string escaped_help(std::string_view help, Format format) {
  const auto may_need_escape = [](char c) { return c == '\\' || c == '\n' || c == '"'; };
  if (std::none_of(help.begin(), help.end(), may_need_escape)) return std::string(help);
  std::string text;
  text.reserve(help.size());
  for (const char c : help) {
    if (c == '\\') {
      text += R"(\\)";
    } else if (c == '\n') {
      text += R"(\n)";
    } else if (c == '"' && format == Format::openmetrics_1_0) {
      text += R"(\")";
    } else {
      text += c;
    }
  }
  return text;
}

std::string header_line(std::string_view keyword, std::string_view name, std::string_view rest) {
  std::string line;
  line.reserve(keyword.size() + name.size() + rest.size() + sizeof("#   \n"));
  line += "# ";
  return line.append(keyword).append(" ").append(name).append(" ").append(rest).append("\n");
}

}  // namespace

std::string_view content_type(Format format) {
  switch (format) {
    case Format::text_0_0_4:
      return "text/plain; version=0.0.4; charset=utf-8";
    case Format::openmetrics_1_0:
      return "application/openmetrics-text; version=1.0.0; charset=utf-8";
  }
  return "";
}

std::string_view label(MetricType type) {
  switch (type) {
    case MetricType::gauge:
      return "gauge";
    case MetricType::counter:
      return "counter";
    case MetricType::histogram:
      return "histogram";
    case MetricType::summary:
      return "summary";
    case MetricType::untyped:
      return "untyped";
  }
  return "";
}

Writer::Writer(Format format, Sink& sink)
    : format_(format), sink_(sink), chunk_(std::make_unique_for_overwrite<char[]>(kChunkBytes)) {}

void Writer::family(std::string_view name, std::string_view help, MetricType type) {
  const bool is_openmetrics = format_ == Format::openmetrics_1_0;
  const bool is_counter = is_openmetrics && type == MetricType::counter;
  // In OpenMetrics a counter's family has no _total and its samples must have it.
  const std::string_view family_name = is_counter ? without_total(name) : name;
  sample_name_ = family_name;
  if (is_counter) sample_name_ += kTotal;

  const bool is_unknown = is_openmetrics && type == MetricType::untyped;
  const std::string type_line =
      header_line("TYPE", family_name, is_unknown ? "unknown" : label(type));
  std::string help_line = header_line("HELP", family_name, escaped_help(help, format_));
  if (help_line.size() > kMaxLineBytes) {
    help_line.clear();
    ++refused_lines_;
  }
  header_ = is_openmetrics ? type_line + help_line : help_line + type_line;
}

void Writer::sample(std::string_view suffix, LabelTexts labels, double value) {
  write_sample(suffix, labels, value);
}

void Writer::sample(std::string_view suffix, LabelTexts labels, std::uint64_t value) {
  write_sample(suffix, labels, value);
}

void Writer::sample(std::string_view suffix, LabelTexts labels, base::Duration value) {
  write_sample(suffix, labels, value);
}

template <typename Number>
void Writer::write_sample(std::string_view suffix, LabelTexts labels, Number value) {
  const std::size_t bound = line_bound(sample_name_.size() + suffix.size(), labels);
  if (bound > kMaxLineBytes) {
    ++refused_lines_;
    return;
  }
  if (!header_.empty()) write_header();
  make_room(bound);
  char* const start = chunk_.get() + used_;
  char* out = put_text(put_text(start, sample_name_), suffix);
  out = put_labels(out, labels);
  *out++ = ' ';
  out = put_number(out, value);
  *out++ = '\n';
  used_ += static_cast<std::size_t>(out - start);
  ++samples_;
}

void Writer::write_header() {
  put(header_);
  header_.clear();
}

void Writer::finish() {
  if (format_ == Format::openmetrics_1_0) put("# EOF\n");
  if (used_ > 0) sink_.take(std::string(chunk_.get(), used_));
  used_ = 0;
}

void Writer::put(std::string_view text) {
  while (!text.empty()) {
    make_room(1);
    const std::string_view part = text.substr(0, kChunkBytes - used_);
    put_text(chunk_.get() + used_, part);
    used_ += part.size();
    text.remove_prefix(part.size());
  }
}

void Writer::make_room(std::size_t bytes) {
  if (kChunkBytes - used_ >= bytes) return;
  sink_.take(std::string(chunk_.get(), used_));
  used_ = 0;
}

}  // namespace exposition
