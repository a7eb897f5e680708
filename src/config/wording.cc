#include "config/wording.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/text.h"

namespace config {
namespace {

constexpr std::size_t kMaxQuotedBytes = 80;
constexpr std::size_t kMaxCompared = 100;  // words, so that 10,000 mistyped names stay cheap

std::string cut(std::string_view text) {
  return base::clean_text(text, kMaxQuotedBytes) + (text.size() > kMaxQuotedBytes ? "..." : "");
}

std::string shown(const nlohmann::json& value) {
  if (value.is_object()) return "a mapping";
  if (value.is_array()) return "a list";
  if (value.is_string()) return in_quotes(value.get_ref<const std::string&>());
  return cut(value.dump());
}

// Edits (insert, remove, replace) that turn one word into the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string in_quotes(std::string_view text) {
  return '"' + cut(text) + '"';
}

std::string wrong(std::string_view wanted, const nlohmann::json& found) {
  if (found.is_null()) {
    return "has no value; write " + std::string(wanted) + ", or remove the key";
  }
  return "must be " + std::string(wanted) + ", not " + shown(found);
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  std::string_view nearest;
  std::size_t least = std::min<std::size_t>(3, word.size());  // below: at most two typing mistakes
  for (std::size_t i = 0; i < std::min(known.size(), kMaxCompared); ++i) {
    if (word.size() > kMaxQuotedBytes || known[i].size() > kMaxQuotedBytes) continue;
    const std::size_t edits = distance(word, known[i]);
    if (edits >= least) continue;
    least = edits;
    nearest = known[i];
  }
  if (!nearest.empty()) return "; did you mean " + std::string(nearest) + "?";
  return known.empty() ? "" : "; write one of: " + joined(known);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

}  // namespace config
