#include "config/module_fields.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>

#include "base/duration.h"
#include "config/check_fields.h"
#include "config/rules.h"
#include "config/types.h"

namespace config {
namespace {

using probe::CheckSettings;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::Duration kLeastWait = milliseconds(1);
constexpr int kMostRounds = 1000;  // rise and fall
constexpr std::size_t kMaxChecks = 32;
constexpr int kMaxQueue = 1'000'000;

// `ping: {...}` and the like. It is written back under `checks`.
Field<Module> short_row(const probe::CheckKind& kind) {
  const std::string name(kind.name);
  const Type<std::vector<CheckSettings>> check = check_of_kind(kind.name);
  Field<Module> row;
  row.key = name;
  row.type = check.name;
  row.meaning =
      std::string(kind.help) + "; short for checks: {" + name + ": {kind: " + name + ", ...}}";
  row.read = [read = check.read](const Json& json, const Place& place, Module& module) {
    read(json, place, module.checks);
  };
  row.write = [](const Module&, Written&) {};
  row.describe = check.describe;
  return row;
}

Type<std::vector<std::string>> required_checks() {
  const std::function<std::string(const std::vector<std::string>&)> is_not_empty =
      [](const std::vector<std::string>& names) {
        return names.empty() ? "is an empty list; write a check's name, or remove the key" : "";
      };
  return checked(list_of(text("a check's name"), "a list of names of checks"), is_not_empty);
}

Field<Module> health_row() {
  const auto rise = [](auto& module) -> auto& {
    return module.health.rise;
  };
  const auto fall = [](auto& module) -> auto& {
    return module.health.fall;
  };
  return group<Module>(
      "health",
      {
          field<Module>("rise", rise, whole<int>(1, kMostRounds), "passes in a row until up"),
          field<Module>("fall", fall, whole<int>(1, kMostRounds),
                        "failed rounds without a pass between until down"),
          with_default(field<Module>("require", &Module::require, required_checks(),
                                     "the checks that decide health; all of them must pass"),
                       "the checks of kind ping; without one, the check of kind status"),
      },
      "how rounds become health");
}

Field<Module> ready_row() {
  const auto max_listen_queue = [](auto& module) -> auto& {
    return module.ready.max_listen_queue;
  };
  const auto max_active_ratio = [](auto& module) -> auto& {
    return module.ready.max_active_ratio;
  };
  Type<double> ratio = checked<double>(number(), ratio_problem);
  ratio.name = "a number above 0 and below 1";
  return group<Module>(
      "ready",
      {
          field<Module>("max_listen_queue", max_listen_queue,
                        optional(whole<std::uint32_t>(0, kMaxQueue)),
                        "with more clients waiting in the accept queue, our own not counted, "
                        "/fcgi-ready is 503"),
          field<Module>("max_active_ratio", max_active_ratio, optional(ratio),
                        "with more of the target's max_children at work, our own not counted, "
                        "/fcgi-ready is 503; needs a status check, and holds nothing back while "
                        "that has no figures"),
      },
      "when a target that is up should get no more work; it never changes health");
}

std::vector<Field<Module>> time_rows() {
  const auto stale_after = [](auto& module) -> auto& {
    return module.health.stale_after;
  };
  const auto start_grace = [](auto& module) -> auto& {
    return module.health.start_grace;
  };
  const auto wedged_after = [](auto& module) -> auto& {
    return module.health.wedged_after;
  };
  const Type<base::Duration> wait = duration({kLeastWait, kMostWait});
  const Type<base::Duration> wait_or_none = duration({base::Duration::zero(), kMostWait});
  return {
      field<Module>("interval", &Module::interval, duration({kLeastInterval, kMostWait}),
                    "from one planned probe of a target to the next"),
      field<Module>("timeout", &Module::timeout, wait,
                    "a probe is judged then at the latest; it may exceed the interval"),
      with_default(field<Module>("abandon_after", &Module::abandon_after, wait,
                                 "an exchange that has brought no answer by then is closed; a "
                                 "script's after an hour, as it goes on in its worker anyway"),
                   "the larger of 30s and timeout"),
      with_default(
          field<Module>("stale_after", stale_after, duration({kLeastWait, kMostStaleAfter}),
                        "without a finished round for so long, health is unknown"),
          "the largest of 30s, 3 intervals, and interval + timeout"),
      field<Module>("start_grace", start_grace, wait_or_none,
                    "/fcgi-live stays 200 so long after the start, or until the first pass"),
      field<Module>("wedged_after", wedged_after, wait_or_none,
                    "a target that is saturated so long without any answer is down; 0s: never"),
  };
}

std::vector<Field<Module>> module_rows() {
  std::vector<Field<Module>> rows = time_rows();
  for (const probe::CheckKind& kind : probe::check_kinds()) rows.push_back(short_row(kind));
  rows.push_back(field<Module>("checks", &Module::checks, checks_by_name(),
                               "what is asked; without any check: ping, with its defaults"));
  rows.push_back(health_row());
  rows.push_back(ready_row());
  rows.push_back(field<Module>("params", &Module::params, params(),
                               "FastCGI parameters of every check, over the usual ones"));
  return rows;
}

void finish_times(const Json& json, const Place& place, Module& module) {
  base::Duration& stale_after = module.health.stale_after;
  if (!json.contains("abandon_after")) {
    module.abandon_after = std::max<base::Duration>(seconds(30), module.timeout);
  } else if (module.abandon_after < module.timeout) {
    place.key("abandon_after")
        .problem("must not be less than timeout, which is " +
                 base::format_duration(module.timeout));
  }
  if (!json.contains("stale_after")) {
    stale_after = std::max<base::Duration>(
        {seconds(30), 3 * module.interval, module.interval + module.timeout});
  } else if (stale_after < module.interval) {
    place.key("stale_after")
        .problem("must not be less than interval, which is " +
                 base::format_duration(module.interval));
  }
}

// A check's place in the rounds: by kind in the order of check_kinds(), then by name.
bool is_asked_before(const CheckSettings& a, const CheckSettings& b) {
  const auto& kinds = probe::check_kinds();
  const auto rank = [&](const CheckSettings& check) {
    return std::ranges::find(kinds, check.kind, &probe::CheckKind::name) - kinds.begin();
  };
  return std::pair(rank(a), a.name) < std::pair(rank(b), b.name);
}

fastcgi::Params laid_under(const fastcgi::Params& below, fastcgi::Params params) {
  for (const auto& pair : below) {
    const bool is_set =
        std::ranges::any_of(params, [&](const auto& own) { return own.first == pair.first; });
    if (!is_set) params.push_back(pair);
  }
  std::ranges::sort(params);
  return params;
}

// Where the check stands: under `checks`, or by itself in the short form.
Place place_of(const CheckSettings& check, const Json& json, const Place& module) {
  const auto checks = json.find("checks");
  const bool is_named = checks != json.end() && checks->is_object() && checks->contains(check.name);
  return is_named ? module.key("checks").key(check.name) : module.key(check.name);
}

void finish_interval(const Place& place, const Module& module, CheckSettings& check) {
  const base::Duration usual = probe::kind_of(check).default_interval;
  if (usual == base::Duration::zero()) return;
  if (check.interval == base::Duration::zero()) {
    check.interval = std::max(usual, module.interval);
  } else if (check.interval < module.interval) {
    place.key("interval")
        .problem("must not be less than the interval of the module, which is " +
                 base::format_duration(module.interval));
  }
}

// Of every kind, where `kind` is empty.
std::vector<std::string> names_of(const std::vector<CheckSettings>& checks, std::string_view kind) {
  std::vector<std::string> names;
  for (const CheckSettings& check : checks) {
    if (kind.empty() || check.kind == kind) names.push_back(check.name);
  }
  return names;
}

// "ping: {} or status: {}"
std::string checks_that_may_decide() {
  std::string text;
  for (const probe::CheckKind& kind : probe::check_kinds()) {
    if (!kind.may_decide) continue;
    if (!text.empty()) text += " or ";
    text += std::string(kind.name) + ": {}";
  }
  return text;
}

// A target is one pool, which has one page: figures of two would be mixed up.
void allow_one_status_check(const Json& json, const Place& place, const Module& module) {
  const CheckSettings* const first = find_status_check(module);
  for (const CheckSettings& check : module.checks) {
    if (&check == first || !probe::kind_of(check).may_ask_status_address) continue;
    place_of(check, json, place)
        .problem("is a status check beside " + first->name +
                 ": a pool has one page; keep one, and write a target for each pool");
  }
}

void finish_checks(const Json& json, const Place& place, Module& module) {
  if (module.checks.empty()) module.checks = ping_module().checks;
  if (module.checks.size() > kMaxChecks) {
    place.problem("has " + std::to_string(module.checks.size()) + " checks; write at most " +
                  std::to_string(kMaxChecks) + ", and a second module for the rest");
  }
  std::ranges::sort(module.checks, is_asked_before);
  for (CheckSettings& check : module.checks) {
    check.params = laid_under(module.params, std::move(check.params));
    finish_interval(place_of(check, json, place), module, check);
  }
  allow_one_status_check(json, place, module);
}

std::string why_not_required(const Module& module, const std::string& name) {
  const auto check = std::ranges::find(module.checks, name, &CheckSettings::name);
  if (check == module.checks.end()) {
    return in_quotes(name) + " is no check of this module" +
           suggestion(name, names_of(module.checks, ""));
  }
  if (probe::kind_of(*check).may_decide) return "";
  return in_quotes(name) + " is a " + check->kind + ", which never takes part in health; remove it";
}

void finish_require(const Place& place, Module& module) {
  for (const probe::CheckKind& kind : probe::check_kinds()) {
    if (!kind.may_decide || !module.require.empty()) continue;
    module.require = names_of(module.checks, kind.name);
  }
  if (module.require.empty()) {
    place.problem("has no check that takes part in health; add " + checks_that_may_decide());
  }
  std::set<std::string> seen;
  for (std::size_t i = 0; i < module.require.size(); ++i) {
    const Place at = place.key("health").key("require").index(i);
    const std::string& name = module.require[i];
    if (const std::string reason = why_not_required(module, name); !reason.empty()) {
      at.problem(reason);
    } else if (!seen.insert(name).second) {
      at.problem(in_quotes(name) + " is there already; keep one");
    }
  }
}

void finish_ready(const Place& place, const Module& module) {
  if (!module.ready.max_active_ratio || find_status_check(module) != nullptr) return;
  place.key("ready")
      .key("max_active_ratio")
      .problem("needs a status check, which brings the active processes; add status: {}");
}

void finish_module(const Json& json, const Place& place, Module& module) {
  finish_times(json, place, module);
  finish_checks(json, place, module);
  finish_require(place, module);
  finish_ready(place, module);
}

}  // namespace

const Type<Module>& module_of_file() {
  static const Type<Module> type = object<Module>(module_rows(), finish_module);
  return type;
}

Type<std::map<std::string, Module>> modules_by_name() {
  const Type<Module>& one = module_of_file();
  Type<std::map<std::string, Module>> type;
  type.name = "a mapping of names to modules";
  type.read = [one, name = type.name](const Json& json, const Place& place,
                                      std::map<std::string, Module>& modules) {
    if (!json.is_object()) return place.problem(wrong(name, json));
    for (const auto& item : json.items()) {
      const Place at = place.key(item.key());
      if (const std::string reason = name_problem(item.key()); !reason.empty()) at.problem(reason);
      Module module;
      module.name = item.key();
      one.read(item.value(), at, module);
      modules.insert_or_assign(item.key(), std::move(module));
    }
  };
  type.write = [one](const std::map<std::string, Module>& modules, Written& out) {
    out = Written::object();
    for (const auto& [name, module] : modules) one.write(module, out[name]);
  };
  type.describe = [one](const std::string& path, std::vector<ReferenceTable>& out) {
    one.describe(path + ".NAME", out);
  };
  return type;
}

}  // namespace config
