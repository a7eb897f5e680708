#include "config/check_fields.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/duration.h"
#include "config/config.h"
#include "config/expect_fields.h"
#include "config/rules.h"
#include "config/types.h"

namespace config {
namespace {

using probe::CheckSettings;
using probe::ProcessDetails;
using Rows = std::vector<Field<CheckSettings>>;

Field<CheckSettings> path_row(std::string_view kind, std::string_view meaning) {
  const std::string path(probe::default_path(kind));
  return with_default(field<CheckSettings>("path", &CheckSettings::path,
                                           text("a path such as " + path, path_problem), meaning),
                      path);
}

Field<CheckSettings> script_path_row() {
  return required(field<CheckSettings>(
      "path", &CheckSettings::path,
      text("a script's whole path, such as /srv/app/opcache.php", script_path_problem),
      "the script, as PHP-FPM sees the file; a query may follow after ?"));
}

Field<CheckSettings> status_row() {
  auto row = field<CheckSettings>("status", &CheckSettings::expect, statuses(),
                                  "the CGI status that is expected; an answer without one is 200");
  row.write = [write = row.write](const CheckSettings& check, Written& out) {
    if (check.expect.body != probe::Expectation::Body::any_answer) write(check, out);
  };
  return row;
}

Field<CheckSettings> process_details_row() {
  const Choices<ProcessDetails> choices{{"off", ProcessDetails::off},
                                        {"aggregate", ProcessDetails::aggregate},
                                        {"per_process", ProcessDetails::per_process}};
  return field<CheckSettings>(
      "process_details", &CheckSettings::process_details, choice(choices),
      "aggregate: asks for the list of processes, too, and counts them by state; per_process: and "
      "shows each of them, by its place in the list");
}

Field<CheckSettings> interval_row(std::string_view kind) {
  return with_default(
      field<CheckSettings>("interval", &CheckSettings::interval,
                           duration({kLeastInterval, kMostWait}),
                           "from one run of the script to the next, on beats of the module"),
      "the larger of " + base::format_duration(probe::kind_of(kind).default_interval) +
          " and the module's interval");
}

// There is one format so far, and nothing to remember.
Field<CheckSettings> format_row() {
  const auto self = [](auto& check) -> auto& {
    return check;
  };
  Type<CheckSettings> type;
  type.name = "exposition";
  type.read = [](const Json& json, const Place& place, CheckSettings&) {
    if (json != "exposition") place.problem(wrong("exposition", json));
  };
  type.write = [](const CheckSettings&, Written& out) { out = "exposition"; };
  return field<CheckSettings>("format", self, type,
                              "what the script prints: Prometheus' text format");
}

Field<CheckSettings> params_row() {
  return field<CheckSettings>("params", &CheckSettings::params, params(),
                              "FastCGI parameters of this check, over those of the module");
}

// One kind of check and its keys.
struct KindKeys {
  std::string_view kind;
  Rows rows;
};

// To add a kind of check: one row here, beside the one in probe::check_kinds().
const std::vector<KindKeys>& kinds() {
  static const std::vector<KindKeys> rows{
      {"ping",
       {path_row("ping", "SCRIPT_NAME and SCRIPT_FILENAME; a query may follow after ?"),
        field<CheckSettings>("expect", &CheckSettings::expect, expectation(),
                             "what the body must be: exactly one of the keys below"),
        status_row(), params_row()}},
      {"status",
       {path_row("status", "pm.status_path of the pool, without a query"), process_details_row(),
        params_row()}},
      {"script", {script_path_row(), interval_row("script"), format_row(), params_row()}},
  };
  return rows;
}

const Rows& rows_of(std::string_view kind) {
  return std::ranges::find(kinds(), kind, &KindKeys::kind)->rows;
}

// "modules.NAME.ping, modules.NAME.status and modules.NAME.script"
std::string where_kinds_are_described() {
  std::string text;
  for (const KindKeys& row : kinds()) {
    if (!text.empty()) text += &row == &kinds().back() ? " and " : ", ";
    text += "modules.NAME." + std::string(row.kind);
  }
  return text;
}

Field<CheckSettings> kind_row() {
  Choices<std::string> choices;
  for (const KindKeys& row : kinds()) choices.emplace_back(row.kind, std::string(row.kind));
  return required(
      field<CheckSettings>("kind", &CheckSettings::kind, choice<std::string>(std::move(choices)),
                           "how it asks and judges; the other keys are those of the kind: see " +
                               where_kinds_are_described()));
}

Rows named_rows(std::string_view kind) {
  Rows rows = rows_of(kind);
  rows.insert(rows.begin(), kind_row());
  return rows;
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

void read_check(const Rows& rows, const Json& json, const Place& place, CheckSettings& check) {
  const std::size_t before = place.problem_count();
  read_fields(rows, json, place, check);
  if (place.problem_count() != before) return;
  const bool any_answer = check.expect.body == probe::Expectation::Body::any_answer;
  if (any_answer && json.contains("status")) {
    return place.key("status").problem("is not looked at with any_answer; remove one of the two");
  }
  const auto made = probe::make_check(check);
  if (!made) report(place, made.error());
}

// Without a good kind nobody knows which keys are wrong.
CheckSettings read_named_check(const std::string& name, const Json& json, const Place& place) {
  CheckSettings check = default_check("ping");
  check.name = name;
  if (!json.is_object()) {
    place.problem(wrong("a mapping of keys to values", json));
    return check;
  }
  const Field<CheckSettings> kind = kind_row();
  if (!json.contains(kind.key)) {
    place.problem("needs the key kind: " + kind.type);
    return check;
  }
  const std::size_t before = place.problem_count();
  kind.read(json[kind.key], place.key(kind.key), check);
  if (place.problem_count() != before) return check;
  check = default_check(check.kind);
  check.name = name;
  read_check(named_rows(check.kind), json, place, check);
  return check;
}

void add_check(std::vector<CheckSettings>& checks, CheckSettings check, const Place& place) {
  if (const std::string reason = name_problem(check.name); !reason.empty()) place.problem(reason);
  const bool is_taken = std::ranges::find(checks, check.name, &CheckSettings::name) != checks.end();
  if (is_taken) return place.problem("a check of this name is there already; give it another name");
  checks.push_back(std::move(check));
}

}  // namespace

Type<fastcgi::Params> params() {
  return text_pairs("a mapping of FastCGI parameters to texts", kMaxParams, param_problem);
}

Type<std::vector<CheckSettings>> checks_by_name() {
  Type<std::vector<CheckSettings>> type;
  type.name = "a mapping of names to checks";
  type.read = [name = type.name](const Json& json, const Place& place,
                                 std::vector<CheckSettings>& checks) {
    if (!json.is_object()) return place.problem(wrong(name, json));
    for (const auto& item : json.items()) {
      const Place at = place.key(item.key());
      add_check(checks, read_named_check(item.key(), item.value(), at), at);
    }
  };
  type.write = [](const std::vector<CheckSettings>& checks, Written& out) {
    out = Written::object();
    for (const CheckSettings& check : checks) {
      write_fields(named_rows(check.kind), check, out[check.name]);
    }
  };
  type.describe = [](const std::string& path, std::vector<ReferenceTable>& out) {
    describe_fields(Rows{kind_row()}, path + ".NAME", out);
  };
  return type;
}

Type<std::vector<CheckSettings>> check_of_kind(std::string_view kind) {
  Type<std::vector<CheckSettings>> type;
  type.name = "a mapping";
  type.read = [kind](const Json& json, const Place& place, std::vector<CheckSettings>& checks) {
    CheckSettings check = default_check(kind);
    read_check(rows_of(kind), json, place, check);
    add_check(checks, std::move(check), place);
  };
  type.describe = [kind](const std::string& path, std::vector<ReferenceTable>& out) {
    describe_fields(rows_of(kind), path, out);
  };
  return type;
}

}  // namespace config
