#include "web/target_query.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "base/text.h"

namespace web {
namespace {

using probe::Health;

constexpr std::array kParameters = {"health", "q", "label", "limit", "offset"};
constexpr std::array kHealths = {Health::up, Health::saturated, Health::down, Health::unknown};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool contains_ignoring_case(std::string_view text, std::string_view wanted) {
  const auto same = [](char a, char b) { return lower(a) == lower(b); };
  return std::search(text.begin(), text.end(), wanted.begin(), wanted.end(), same) != text.end() ||
         wanted.empty();
}

// Empty when every parameter is one of ours: a misspelt filter must not show everything.
std::string unknown_parameter(std::string_view query) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view name = query.substr(0, std::min(query.find('='), end));
    if (!name.empty() && std::ranges::find(kParameters, name) == kParameters.end()) {
      return std::string(name);
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return {};
}

std::string value_of(const http::Request& request, std::string_view name) {
  return request.query_value(name).value_or(std::string());
}

std::string read_health(const std::string& text, TargetQuery& query) {
  for (const Health health : kHealths) {
    if (text == label(health)) query.health = health;
  }
  const bool is_good = text.empty() || query.health;
  return is_good ? "" : "health must be up, saturated, down or unknown";
}

std::string read_label(const std::string& text, TargetQuery& query) {
  if (text.empty()) return {};
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos)
    return "label must be NAME=VALUE, as label=app=shop";
  query.label.emplace(text.substr(0, equals), text.substr(equals + 1));
  return {};
}

std::string read_number(std::string_view name, const std::string& text, std::size_t max,
                        std::size_t min, std::size_t& number) {
  if (text.empty()) return {};
  const std::optional<std::uint64_t> read = base::parse_uint(text);
  if (!read || *read < min || *read > max) {
    return std::string(name) + " must be a whole number from " + std::to_string(min) + " to " +
           std::to_string(max);
  }
  number = static_cast<std::size_t>(*read);
  return {};
}

bool has_label(const state::TargetIdentity& identity,
               const std::pair<std::string, std::string>& wanted) {
  return std::ranges::find(identity.labels, wanted) != identity.labels.end();
}

bool has_text(const state::TargetIdentity& identity, std::string_view wanted) {
  if (contains_ignoring_case(identity.name, wanted) ||
      contains_ignoring_case(identity.address.text(), wanted) ||
      contains_ignoring_case(identity.module, wanted) ||
      contains_ignoring_case(identity.source, wanted)) {
    return true;
  }
  return std::ranges::any_of(identity.labels, [&](const auto& each) {
    return contains_ignoring_case(each.first + '=' + each.second, wanted);
  });
}

bool matches(const FleetEntry& entry, const TargetQuery& query) {
  if (query.health && entry.health != *query.health) return false;
  const state::TargetIdentity& identity = entry.record->identity();
  if (query.label && !has_label(identity, *query.label)) return false;
  return query.text.empty() || has_text(identity, query.text);
}

void append_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
    const auto byte = static_cast<unsigned char>(c);
    is_plain ? out += c : (((out += '%') += kHex[byte >> 4U]) += kHex[byte & 0xFU]);
  }
}

void append_parameter(std::string& out, std::string_view name, std::string_view value) {
  if (out.size() > 1) out += '&';
  out += name;
  out += '=';
  append_escaped(out, value);
}

}  // namespace

base::Result<TargetQuery> parse_target_query(const http::Request& request) {
  constexpr std::size_t kMaxOffset = 100'000'000;
  TargetQuery query;
  query.text = value_of(request, "q");
  std::string problem;
  if (const std::string name = unknown_parameter(request.query); !name.empty()) {
    problem = '"' + base::clean_text(name, 60) +
              "\" is no parameter; there are health, q, label, limit and offset";
  }
  if (problem.empty()) problem = read_health(value_of(request, "health"), query);
  if (problem.empty()) problem = read_label(value_of(request, "label"), query);
  if (problem.empty()) {
    problem = read_number("limit", value_of(request, "limit"), kMaxTargetsPerPage, 1, query.limit);
  }
  if (problem.empty()) {
    problem = read_number("offset", value_of(request, "offset"), kMaxOffset, 0, query.offset);
  }
  if (!problem.empty()) return base::Unexpected{problem};
  return query;
}

std::string query_string(const TargetQuery& query) {
  std::string out = "?";
  if (query.health) append_parameter(out, "health", label(*query.health));
  if (!query.text.empty()) append_parameter(out, "q", query.text);
  if (query.label) append_parameter(out, "label", query.label->first + '=' + query.label->second);
  if (query.limit != kDefaultTargetsPerPage) {
    append_parameter(out, "limit", std::to_string(query.limit));
  }
  if (query.offset != 0) append_parameter(out, "offset", std::to_string(query.offset));
  return out;
}

Selection select(const FleetView& fleet, const TargetQuery& query) {
  Selection selection;
  for (const FleetEntry& entry : fleet.worst_first) {
    if (!matches(entry, query)) continue;
    const bool is_shown =
        selection.matching >= query.offset && selection.shown.size() < query.limit;
    if (is_shown) selection.shown.push_back(entry);
    ++selection.matching;
  }
  return selection;
}

}  // namespace web
