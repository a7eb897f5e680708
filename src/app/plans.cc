#include "app/plans.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "config/rules.h"
#include "probe/check.h"

namespace app {
namespace {

static_assert(config::kMaxBuckets == state::kMaxBuckets, "what the file may say must fit");

// What the responder is told about itself: a socket file has neither name nor port.
void describe_server(probe::CheckSettings& settings, const base::Address& address) {
  if (address.transport != base::Transport::tcp) return;
  settings.server_name = address.host;
  settings.server_port = std::to_string(address.port);
}

bool is_required(const config::Module& module, const std::string& check) {
  return std::ranges::find(module.require, check) != module.require.end();
}

// The status page is asked for at the status address, unless it is what decides the health: what a
// status address says about itself says nothing about the pool.
bool asks_status_address(const probe::CheckSettings& settings, const config::Module& module,
                         const config::Target& target) {
  return target.status_address && probe::kind_of(settings).may_ask_status_address &&
         !is_required(module, settings.name);
}

// Checks with the same settings are one: those of all unix sockets of a module, as a rule. The last
// one of each name is remembered, for targets of a kind stand together.
class SharedChecks {
 public:
  std::shared_ptr<const probe::Check> make(const probe::CheckSettings& settings) {
    Made& last = last_[settings.name];
    if (last.check == nullptr || last.settings != settings) {
      auto check = probe::make_check(settings);
      if (!check) throw std::logic_error(check.error());
      last = {settings, std::move(check).value()};
    }
    return last.check;
  }

 private:
  struct Made {
    probe::CheckSettings settings;
    std::shared_ptr<const probe::Check> check;
  };
  std::map<std::string, Made> last_;
};

schedule::CheckPlan make_check_plan(probe::CheckSettings settings, const config::Module& module,
                                    const config::Target& target, SharedChecks& checks) {
  schedule::CheckPlan plan;
  plan.asks_status_address = asks_status_address(settings, module, target);
  describe_server(settings, plan.asks_status_address ? *target.status_address : target.address);
  settings.reserved_labels = {"target"};
  for (const auto& [name, value] : target.labels) settings.reserved_labels.push_back(name);
  plan.check = checks.make(settings);
  plan.request = {plan.check, &plan.check->request()};
  plan.decides_health = is_required(module, settings.name);
  plan.interval = settings.interval;
  plan.answers_at_once = probe::kind_of(settings).answers_at_once;
  plan.answer_is_private = probe::kind_of(settings).answer_is_private;
  return plan;
}

state::TargetIdentity identity_of(const config::Target& target, const config::Module& module) {
  state::TargetIdentity identity;
  identity.name = target.name;
  identity.address = target.address;
  identity.module = target.module;
  identity.source = target.source;
  identity.labels = target.labels;
  identity.stale_after = module.health.stale_after;
  identity.max_children = target.max_children;
  identity.pool = target.pool;
  identity.ready = module.ready;
  identity.scrape_uri = target.scrape_uri;
  return identity;
}

std::shared_ptr<const schedule::TargetPlan> make_target_plan(
    const config::Target& target, const config::Module& module,
    const std::shared_ptr<const state::Bounds>& bounds, SharedChecks& checks, base::TimePoint now) {
  state::TargetIdentity identity = identity_of(target, module);
  identity.bounds = bounds;
  auto plan = std::make_shared<schedule::TargetPlan>();
  for (const probe::CheckSettings& settings : module.checks) {
    identity.checks.push_back(settings.name);
    identity.check_intervals.push_back(settings.interval);
    plan->checks.push_back(make_check_plan(settings, module, target, checks));
  }
  plan->record = state::make_record(std::move(identity), module.health, now);
  plan->interval = module.interval;
  plan->timeout = module.timeout;
  plan->abandon_after = module.abandon_after;
  plan->stale_after = module.health.stale_after;
  plan->status_address = target.status_address;
  return plan;
}

std::shared_ptr<const state::Bounds> bounds_of(const config::Config& config) {
  if (config.buckets_seconds.empty()) return state::Bounds::defaults();
  auto bounds = state::Bounds::make(config.buckets_seconds);
  if (!bounds) throw std::logic_error(bounds.error());
  return *bounds;
}

using TargetPlanPtr = std::shared_ptr<const schedule::TargetPlan>;

// A target as it is in force. The names are those of the configuration it stands in.
struct InForce {
  const config::Target* target = nullptr;
  TargetPlanPtr plan = nullptr;
};
using InForceByName = std::unordered_map<std::string_view, InForce>;

InForceByName in_force_by_name(const config::Config& config, const Plans& plans) {
  InForceByName by_name;
  for (const config::Target& target : config.targets) {
    if (config::owns(config.shard, target.name)) by_name[target.name].target = &target;
  }
  for (const schedule::Plan& worker : plans.workers) {
    for (const TargetPlanPtr& plan : worker) {
      by_name.at(plan->record->identity().name).plan = plan;
    }
  }
  return by_name;
}

// The modules of two configurations that are the same in both, by name.
std::set<std::string> same_modules(const config::Config& one, const config::Config& other) {
  std::set<std::string> same;
  for (const auto& [name, module] : one.modules) {
    const auto found = other.modules.find(name);
    if (found != other.modules.end() && found->second == module) same.insert(name);
  }
  return same;
}

}  // namespace

std::shared_ptr<const schedule::TargetPlan> make_probe_plan(const config::Target& target,
                                                            const config::Module& module,
                                                            base::TimePoint now) {
  SharedChecks checks;
  return make_target_plan(target, module, state::Bounds::defaults(), checks, now);
}

Plans make_plans(const config::Config& config, base::TimePoint now) {
  return replan(config, {}, {}, now).plans;
}

Replanned replan(const config::Config& config, const config::Config& config_before,
                 const Plans& plans_before, base::TimePoint now) {
  assert(config_before.targets.empty() ||
         (config.workers == config_before.workers &&
          config.buckets_seconds == config_before.buckets_seconds));
  const auto bounds = bounds_of(config);
  const InForceByName before = in_force_by_name(config_before, plans_before);
  const std::set<std::string> same = same_modules(config, config_before);
  SharedChecks checks;
  Replanned made;
  Changes& changes = made.changes;
  made.plans.workers.resize(config.workers);
  std::vector<std::shared_ptr<state::TargetRecord>> records;
  for (const config::Target& target : config.targets) {
    if (!config::owns(config.shard, target.name)) continue;
    const auto found = before.find(target.name);
    const bool is_known = found != before.end();
    const bool is_unchanged = is_known && *found->second.target == target &&
                              (target.own_module || same.contains(target.module));
    ++(is_unchanged ? changes.unchanged : is_known ? changes.changed : changes.added);
    TargetPlanPtr plan = is_unchanged ? found->second.plan
                                      : make_target_plan(target, config::module_of(config, target),
                                                         bounds, checks, now);
    records.push_back(plan->record);
    // By name, so that a target keeps its worker whatever is added beside it.
    made.plans.workers[std::hash<std::string>{}(target.name) % config.workers].push_back(
        std::move(plan));
  }
  changes.removed = before.size() - changes.unchanged - changes.changed;
  made.plans.targets = std::make_shared<const state::TargetSet>(std::move(records));
  return made;
}

}  // namespace app
