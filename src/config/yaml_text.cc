#include "config/yaml_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/text.h"

namespace config {
namespace {

bool is_safe(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-./@:").find(c) != std::string_view::npos;
}

bool is_letter_or_slash(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '_';
}

// Words that some YAML reader takes for something else than text.
bool is_reserved(std::string_view text) {
  constexpr std::string_view kWords[] = {"true", "false", "null", "yes", "no",
                                         "on",   "off",   "y",    "n"};
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return std::ranges::find(kWords, lower) != std::end(kWords);
}

// A number and its unit, as durations are written: 5s, 1m30s.
bool is_duration_like(std::string_view text) {
  if (text == "0s") return true;
  return text.front() >= '1' && text.front() <= '9' && text.size() < 20 &&
         std::string_view("smhd").find(text.back()) != std::string_view::npos &&
         text.find_first_not_of("0123456789smhdu") == std::string_view::npos;
}

// What readers of YAML refuse or a terminal obeys: DEL, C1, direction marks, and two
// non-characters.
bool is_escaped(char32_t code) {
  return base::is_control(code) || code == 0xFFFE || code == 0xFFFF;
}

// As JSON, with \u.... for what is_escaped.
std::string in_double_quotes(const Written& text) {
  const std::string json = text.dump(-1, ' ', false, Written::error_handler_t::replace);
  std::string quoted;
  for (std::string_view rest = json; !rest.empty();) {
    const base::Character next = base::first_character(rest);
    quoted +=
        is_escaped(next.code) ? base::escape(next.code) : std::string(rest.substr(0, next.size));
    rest.remove_prefix(next.size);
  }
  return quoted;
}

std::string scalar(const Written& value) {
  if (!value.is_string()) return value.dump();
  const auto& text = value.get_ref<const std::string&>();
  const bool is_plain = !text.empty() && std::ranges::all_of(text, is_safe) && text.back() != ':' &&
                        (is_letter_or_slash(text.front()) || is_duration_like(text)) &&
                        !is_reserved(text);
  return is_plain ? text : in_double_quotes(value);
}

bool is_block(const Written& value) {
  return value.is_structured() && !value.empty();
}

void append_block(std::string& out, const Written& value, std::size_t indent);

// After "key:": a scalar on the same line, anything else below.
void append_value(std::string& out, const Written& value, std::size_t indent) {
  if (is_block(value)) {
    out += '\n';
    append_block(out, value, indent);
  } else {
    out.append(" ").append(scalar(value)).append("\n");
  }
}

void append_list(std::string& out, const Written& list, std::size_t indent) {
  for (const Written& element : list) {
    out.append(indent, ' ').append("-");
    if (is_block(element)) {
      std::string inner;
      append_block(inner, element, indent + 2);
      out.append(" ").append(inner, indent + 2);  // its first line stands beside the dash
    } else {
      append_value(out, element, indent);
    }
  }
}

void append_block(std::string& out, const Written& value, std::size_t indent) {
  if (value.is_array()) return append_list(out, value, indent);
  for (const auto& item : value.items()) {
    out.append(indent, ' ').append(scalar(item.key())).append(":");
    append_value(out, item.value(), indent + 2);
  }
}

void append_flow(std::string& out, const Written& value) {
  if (!value.is_structured()) {
    out += scalar(value);
    return;
  }
  const bool is_array = value.is_array();
  out += is_array ? '[' : '{';
  for (const auto& item : value.items()) {
    if (out.back() != '[' && out.back() != '{') out += ", ";
    if (!is_array) out.append(scalar(item.key())).append(": ");
    append_flow(out, item.value());
  }
  out += is_array ? ']' : '}';
}

}  // namespace

std::string yaml_text(const Written& value) {
  if (!is_block(value)) return scalar(value) + "\n";
  std::string out;
  append_block(out, value, 0);
  return out;
}

std::string yaml_flow(const Written& value) {
  std::string out;
  append_flow(out, value);
  return out;
}

}  // namespace config
