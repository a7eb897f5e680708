#include "exposition/label_text.h"

#include <algorithm>

#include "base/text.h"

namespace exposition {
namespace {

// Not std::isalpha: that one depends on the locale.
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// Nearly every value: printable ASCII that stands for itself.
bool is_plain(std::string_view value) {
  return std::all_of(value.begin(), value.end(),
                     [](char c) { return c >= ' ' && c <= '~' && c != '\\' && c != '"'; });
}

void append_escaped(std::string& text, char c) {
  switch (c) {
    case '\\':
      text += R"(\\)";
      return;
    case '"':
      text += R"(\")";
      return;
    case '\n':
      text += R"(\n)";
      return;
    case '\0':
      text += "\uFFFD";
      return;
    default:
      text += c;
  }
}

}  // namespace

bool is_valid_label_name(std::string_view name) {
  const auto allowed = [](char c) { return is_letter(c) || base::is_digit(c); };
  return !name.empty() && is_letter(name.front()) && std::all_of(name.begin(), name.end(), allowed);
}

bool is_valid_metric_name(std::string_view name) {
  const auto starts = [](char c) { return is_letter(c) || c == ':'; };
  const auto allowed = [&](char c) { return starts(c) || base::is_digit(c); };
  return !name.empty() && starts(name.front()) && std::all_of(name.begin(), name.end(), allowed);
}

void append_label(std::string& text, std::string_view name, std::string_view value) {
  if (!text.empty()) text += ',';
  text.append(name).append("=\"");
  if (is_plain(value)) {
    text.append(value).append("\"");
    return;
  }
  for (const char c : base::valid_utf8(value)) append_escaped(text, c);
  text += '"';
}

}  // namespace exposition
