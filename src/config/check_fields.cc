#include "config/check_fields.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"
#include "config/rules.h"
#include "config/types.h"

namespace config {
namespace {

using probe::CheckSettings;
using probe::Expectation;
using Body = Expectation::Body;

constexpr int kLowestStatus = 100;
constexpr int kHighestStatus = 999;

Field<Expectation> body_row(std::string_view key, Body body, std::string_view meaning) {
  Field<Expectation> row;
  row.key = key;
  row.type = "text";
  row.default_text = body == Body::contains ? yaml_flow(Expectation{}.text) : "";
  row.meaning = meaning;
  row.read = [body, read = text("text").read](const Json& json, const Place& place,
                                              Expectation& expect) {
    read(json, place, expect.text);
    expect.body = body;
  };
  row.write = [body](const Expectation& expect, Written& out) {
    if (expect.body == body) out = expect.text;
  };
  return row;
}

Field<Expectation> any_answer_row() {
  Field<Expectation> row;
  row.key = "any_answer";
  row.type = "true";
  row.meaning = "every whole answer will do, whatever its status";
  row.read = [](const Json& json, const Place& place, Expectation& expect) {
    if (json != true) place.problem(wrong("true", json));
    expect.body = Body::any_answer;
  };
  row.write = [](const Expectation& expect, Written& out) {
    if (expect.body == Body::any_answer) out = true;
  };
  return row;
}

Type<Expectation> expectation() {
  std::vector<Field<Expectation>> rows{
      body_row("contains", Body::contains, "the body has this text in it"),
      body_row("equals", Body::equals, "the body is exactly this text"),
      body_row("regex", Body::regex, "the first 64 KiB of the body match (RE2 syntax, unanchored)"),
      body_row("not_contains", Body::not_contains, "the body does not have this text in it"),
      body_row("not_regex", Body::not_regex, "the first 64 KiB of the body do not match"),
      any_answer_row(),
  };
  std::vector<std::string> keys;
  for (const auto& row : rows) keys.push_back(row.key);
  return object<Expectation>(std::move(rows),
                             [keys](const Json& json, const Place& place, Expectation&) {
                               if (json.size() != 1)
                                 place.problem("needs exactly one of: " + joined(keys));
                             });
}

struct StatusRange {
  int least;
  int most;
};

std::optional<StatusRange> parse_statuses(std::string_view text) {
  const std::size_t dots = text.find("..");
  const bool is_range = dots != std::string_view::npos;
  const auto least = base::parse_uint(text.substr(0, dots));
  const auto most = is_range ? base::parse_uint(text.substr(dots + 2)) : least;
  if (!least || !most || *least > *most) return std::nullopt;
  if (*least < kLowestStatus || *most > kHighestStatus) return std::nullopt;
  return StatusRange{static_cast<int>(*least), static_cast<int>(*most)};
}

Type<Expectation> statuses() {
  Type<Expectation> type;
  type.name = "a status such as 200, or a range such as 200..299";
  type.read = [name = type.name](const Json& json, const Place& place, Expectation& expect) {
    std::optional<StatusRange> range;
    if (json.is_string()) range = parse_statuses(json.get_ref<const std::string&>());
    if (json.is_number_integer()) range = parse_statuses(json.dump());
    if (!range) return place.problem(wrong(name, json));
    expect.min_status = range->least;
    expect.max_status = range->most;
  };
  type.write = [](const Expectation& expect, Written& out) {
    if (expect.min_status == expect.max_status) return void(out = expect.min_status);
    out = std::to_string(expect.min_status) + ".." + std::to_string(expect.max_status);
  };
  return type;
}

Field<CheckSettings> status_row() {
  auto row = field<CheckSettings>("status", &CheckSettings::expect, statuses(),
                                  "the CGI status that is expected; an answer without one is 200");
  row.write = [write = row.write](const CheckSettings& check, Written& out) {
    if (check.expect.body != Body::any_answer) write(check, out);
  };
  return row;
}

Type<std::string> kind() {
  Choices<std::string> kinds;
  for (const probe::CheckKind& row : probe::check_kinds()) {
    kinds.emplace_back(row.name, std::string(row.name));
  }
  return choice<std::string>(std::move(kinds));
}

std::vector<Field<CheckSettings>> own_rows() {
  return {
      field<CheckSettings>("path", &CheckSettings::path,
                           text("a path such as /fpm-ping", path_problem),
                           "SCRIPT_NAME and SCRIPT_FILENAME; a query may follow after ?"),
      field<CheckSettings>("expect", &CheckSettings::expect, expectation(),
                           "what the body must be: exactly one of the keys below"),
      status_row(),
      field<CheckSettings>("params", &CheckSettings::params, params(),
                           "FastCGI parameters of this check, over those of the module"),
  };
}

// make_check() names the key that is wrong as "expect.regex: reason".
void report(const Place& place, std::string_view reason) {
  const std::size_t colon = reason.find(": ");
  if (colon == std::string_view::npos) return place.problem(reason);
  Place at = place;
  std::string_view keys = reason.substr(0, colon);
  while (!keys.empty()) {
    const std::size_t dot = std::min(keys.find('.'), keys.size());
    at = at.key(keys.substr(0, dot));
    keys.remove_prefix(std::min(dot + 1, keys.size()));
  }
  at.problem(reason.substr(colon + 2));
}

void read_check(const std::vector<Field<CheckSettings>>& rows, const Json& json, const Place& place,
                CheckSettings& check) {
  const std::size_t before = place.problem_count();
  read_fields(rows, json, place, check);
  if (place.problem_count() != before) return;
  if (check.expect.body == Body::any_answer && json.contains("status")) {
    return place.key("status").problem("is not looked at with any_answer; remove one of the two");
  }
  const auto made = probe::make_check(check);
  if (!made) report(place, made.error());
}

void add_check(std::vector<CheckSettings>& checks, CheckSettings check, const Place& place) {
  if (const std::string reason = name_problem(check.name); !reason.empty()) place.problem(reason);
  const bool is_taken = std::ranges::find(checks, check.name, &CheckSettings::name) != checks.end();
  if (is_taken) return place.problem("a check of this name is there already; give it another name");
  checks.push_back(std::move(check));
}

std::vector<Field<CheckSettings>> named_rows() {
  std::vector<Field<CheckSettings>> rows = own_rows();
  rows.insert(rows.begin(), required(field<CheckSettings>("kind", &CheckSettings::kind, kind(),
                                                          "how it asks and judges")));
  return rows;
}

}  // namespace

Type<fastcgi::Params> params() {
  return text_pairs("a mapping of FastCGI parameters to texts", kMaxParams, param_problem);
}

Type<std::vector<CheckSettings>> checks_by_name() {
  Type<std::vector<CheckSettings>> type;
  type.name = "a mapping of names to checks";
  type.read = [rows = named_rows(), name = type.name](const Json& json, const Place& place,
                                                      std::vector<CheckSettings>& checks) {
    if (!json.is_object()) return place.problem(wrong(name, json));
    for (const auto& item : json.items()) {
      CheckSettings check;
      check.name = item.key();
      read_check(rows, item.value(), place.key(item.key()), check);
      add_check(checks, std::move(check), place.key(item.key()));
    }
  };
  type.write = [rows = named_rows()](const std::vector<CheckSettings>& checks, Written& out) {
    out = Written::object();
    for (const CheckSettings& check : checks) write_fields(rows, check, out[check.name]);
  };
  type.describe = [rows = named_rows()](const std::string& path, std::vector<ReferenceTable>& out) {
    describe_fields(rows, path + ".NAME", out);
  };
  return type;
}

Type<std::vector<CheckSettings>> check_of_kind(std::string kind) {
  Type<std::vector<CheckSettings>> type;
  type.name = "a mapping";
  type.read = [kind, rows = own_rows()](const Json& json, const Place& place,
                                        std::vector<CheckSettings>& checks) {
    CheckSettings check;
    check.name = kind;
    check.kind = kind;
    read_check(rows, json, place, check);
    add_check(checks, std::move(check), place);
  };
  return type;
}

}  // namespace config
