#include "config/target_fields.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "config/overrides.h"
#include "config/rules.h"
#include "config/types.h"

namespace config {
namespace {

constexpr std::size_t kMaxShownNames = 3;  // in one warning

// Left out of what is written when it is not known.
Type<std::string> pool_name() {
  Type<std::string> type = text("a pool's name", pool_name_problem);
  type.write = [](const std::string& name, Written& out) {
    if (!name.empty()) write_text(name, out);
  };
  return type;
}

Type<Target> target() {
  return object<Target>(
      {
          required(field<Target>("name", &Target::name, text("a name", name_problem),
                                 "the label target, and NAME in /fcgi-ping/NAME; unique")),
          required(field<Target>("address", &Target::address, responder_address(),
                                 "where the responder listens")),
          field<Target>("status_address", &Target::status_address, optional(responder_address()),
                        "pm.status_listen of the pool: its status page is asked there, which "
                        "answers while every worker is busy"),
          field<Target>("max_children", &Target::max_children,
                        optional(whole<std::uint32_t>(1, kMaxChildren)),
                        "pm.max_children of the pool, which its status page does not tell"),
          with_default(field<Target>("pool", &Target::pool, pool_name(),
                                     "the label pool of its phpfpm_ metrics"),
                       "the name on its status page"),
          field<Target>("module", &Target::module, text("a module's name"), "what is asked of it"),
          field<Target>("labels", &Target::labels,
                        text_pairs("a mapping of label names to texts", kMaxLabels, label_problem),
                        "labels of every series of the target"),
          override_row(),
      },
      [](const Json&, const Place& place, Target& target) {
        const std::string reason = label_text_problem(target);
        if (!reason.empty()) place.key("labels").problem(reason);
        if (target.status_address && *target.status_address == target.address) {
          place.key("status_address")
              .problem("is the address itself; pm.status_listen is a socket of its own");
        }
      });
}

void check_module(const Place& place, const Config& config, const Target& target) {
  const std::string reason = module_problem(target.module, config);
  if (!reason.empty()) return place.key("module").problem(reason);
  if (module_of(config, target).ready.max_active_ratio && !target.max_children) {
    place.problem("needs max_children, since " +
                  (target.own_module ? "it" : "the module " + target.module) +
                  " has max_active_ratio");
  }
}

// Empty when the status addresses of the module's targets are asked. A page from there says nothing
// about whether the pool itself answers.
std::string why_no_status_address(const Module& module) {
  const probe::CheckSettings* const status = find_status_check(module);
  if (status == nullptr) {
    return "the module " + module.name + " has no status check; add status: {} to it";
  }
  if (std::ranges::find(module.require, status->name) == module.require.end()) return "";
  const bool another_may_decide =
      std::ranges::any_of(module.checks, [&](const probe::CheckSettings& check) {
        return &check != status && probe::kind_of(check).may_decide;
      });
  return "the status check of the module " + module.name +
         " decides health, and must ask the pool itself; " +
         (another_may_decide ? "leave it out of health.require" : "add a ping check: ping: {}");
}

// "a, b, c and 7 more"
std::string names_shown(const std::vector<std::string>& names) {
  const std::size_t count = std::min(names.size(), kMaxShownNames);
  const std::string text =
      joined({names.begin(), names.begin() + static_cast<std::ptrdiff_t>(count)});
  return names.size() == count ? text
                               : text + " and " + std::to_string(names.size() - count) + " more";
}

}  // namespace

Type<std::vector<Target>> targets() {
  return list_of(target(), "a list of targets");
}

void check_targets(const Place& targets, const Config& config) {
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < config.targets.size(); ++i) {
    const Target& target = config.targets[i];
    const Place place = targets.index(i);
    check_module(place, config, target);
    const auto [first, is_new] = seen.emplace(target.name, i);
    if (is_new || target.name.empty()) continue;
    place.key("name").problem(in_quotes(target.name) + " is the name of /targets/" +
                              std::to_string(first->second) + " already; give each its own");
  }
}

std::string module_problem(const std::string& name, const Config& config) {
  if (config.modules.contains(name)) return "";
  std::vector<std::string> known;
  for (const auto& [other, ignored] : config.modules) known.push_back(other);
  return "there is no module " + in_quotes(name) + suggestion(name, known);
}

std::vector<std::string> unused_by_targets(const Config& config) {
  std::map<std::string, std::vector<std::string>> unused_addresses;  // by why
  std::map<std::string, std::vector<std::string>> unknown_children;  // by module
  for (const Target& target : config.targets) {
    const Module& module = module_of(config, target);
    const std::string reason = target.status_address ? why_no_status_address(module) : "";
    if (!reason.empty()) unused_addresses[reason].push_back(target.name);
    if (module.ready.max_active_ratio && !target.max_children) {
      unknown_children[module.name].push_back(target.name);
    }
  }
  std::vector<std::string> warnings;
  warnings.reserve(unused_addresses.size() + unknown_children.size());
  for (const auto& [reason, names] : unused_addresses) {
    warnings.push_back("status_address of " + names_shown(names) + " is not used: " + reason);
  }
  for (const auto& [module, names] : unknown_children) {
    warnings.push_back("max_active_ratio of the module " + module + " is not looked at for " +
                       names_shown(names) + ": max_children is not given");
  }
  return warnings;
}

}  // namespace config
