#include "probe/check.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/text.h"
#include "probe/wording.h"

namespace probe {
namespace {

const CheckKind* find_kind(std::string_view name) {
  const auto kind = std::ranges::find(check_kinds(), name, &CheckKind::name);
  return kind == check_kinds().end() ? nullptr : &*kind;
}

std::string known_kinds() {
  std::string names;
  for (const CheckKind& kind : check_kinds()) {
    if (!names.empty()) names += ", ";
    names += kind.name;
  }
  return names;
}

base::Unexpected unknown_kind(std::string_view name) {
  return {"kind: " + in_quotes(name) + " is no kind of check; write one of: " + known_kinds()};
}

CheckSettings with_path(CheckSettings settings, const CheckKind& kind) {
  if (settings.path.empty()) settings.path = kind.default_path;
  return settings;
}

}  // namespace

Verdict make_verdict(Outcome outcome, std::string_view detail) {
  const OutcomeInfo& row = info(outcome);
  return {.outcome = outcome,
          .outcome_class = row.outcome_class,
          .dead = row.dead,
          .detail = base::clean_text(detail, kMaxDetailBytes)};
}

const CheckKind& kind_of(std::string_view kind) {
  const CheckKind* row = find_kind(kind);
  if (row == nullptr) throw std::logic_error(unknown_kind(kind).reason);
  return *row;
}

const CheckKind& kind_of(const CheckSettings& settings) {
  return kind_of(settings.kind);
}

std::string_view default_path(std::string_view kind) {
  const CheckKind* row = find_kind(kind);
  return row == nullptr ? std::string_view{} : row->default_path;
}

fastcgi::Params params_of(const CheckSettings& settings) {
  const CheckKind& kind = kind_of(settings);
  return kind.params(with_path(settings, kind));
}

base::Result<std::unique_ptr<const Check>> make_check(const CheckSettings& settings) {
  const CheckKind* kind = find_kind(settings.kind);
  if (kind == nullptr) return unknown_kind(settings.kind);
  const CheckSettings complete = with_path(settings, *kind);
  if (complete.path.empty()) return base::Unexpected{"path: missing; write the script's full path"};
  auto request = fastcgi::encode_request(params_of(complete));
  if (!request) return base::Unexpected{"params: " + request.error()};
  return kind->make(complete, std::move(request).value());
}

fastcgi::Params default_params(const CheckSettings& settings, std::string_view query_string) {
  const std::string query(query_string);
  const std::string uri = query.empty() ? settings.path : settings.path + '?' + query;
  return {
      {"SCRIPT_FILENAME",
       settings.path},  // PHP-FPM wants one even for its ping page, where any will do
      {"SCRIPT_NAME", settings.path},
      {"REQUEST_METHOD", "GET"},  // HEAD would bring headers only
      {"QUERY_STRING", query},
      {"REQUEST_URI", uri},
      {"DOCUMENT_URI", settings.path},
      {"SERVER_PROTOCOL", "HTTP/1.1"},  // Go's responders answer 500 without it
      {"GATEWAY_INTERFACE", "CGI/1.1"},
      {"SERVER_SOFTWARE", "fastcgi_exporter"},
      {"REMOTE_ADDR", "127.0.0.1"},
      {"SERVER_ADDR", "127.0.0.1"},
      {"SERVER_PORT", settings.server_port},
      {"SERVER_NAME", settings.server_name},
  };
}

// PHP-FPM compares SCRIPT_NAME with ping.path byte for byte, so a query must not stay in the path.
fastcgi::Params params_for_path(const CheckSettings& settings) {
  CheckSettings script = settings;
  std::string query;
  if (const std::size_t mark = settings.path.find('?'); mark != std::string::npos) {
    query = settings.path.substr(mark + 1);
    script.path.resize(mark);
  }
  return lay_over(default_params(script, query), settings.params);
}

fastcgi::Params lay_over(fastcgi::Params defaults, const fastcgi::Params& own) {
  for (const auto& [name, value] : own) {
    const auto existing = std::ranges::find(defaults, name, &fastcgi::Params::value_type::first);
    if (existing == defaults.end()) {
      defaults.emplace_back(name, value);
    } else {
      existing->second = value;
    }
  }
  return defaults;
}

}  // namespace probe
