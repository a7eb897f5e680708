#include "app/probe_directory.h"

#include <functional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "config/effective.h"
#include "config/target_fields.h"
#include "config/wording.h"

namespace app {
namespace {

using End = web::ProbeResult::End;

std::shared_ptr<const schedule::GuestPermission> permission_of(
    const std::shared_ptr<const config::ProbeAllow>& allow) {
  return std::make_shared<const schedule::GuestPermission>(schedule::GuestPermission{
      .address = [allow](const base::SocketAddress& address) { return allow->allows(address); },
      .path = [allow](const std::string& path) { return allow->allows_path(path); }});
}

// Of many, the nearest would take a while to find, and all of them to read.
std::string what_else(const config::Config& config, const std::string& text) {
  constexpr std::size_t kFew = 20;
  if (config.targets.empty()) return "";
  if (config.targets.size() > kFew) return "; /sd lists the targets";
  std::vector<std::string> names;
  for (const config::Target& target : config.targets) names.push_back(target.name);
  return config::suggestion(text, names);
}

web::ProbeResult failure(End end, std::string problem) {
  return {.end = end, .problem = std::move(problem)};
}

}  // namespace

ProbeDirectory::ProbeDirectory(std::shared_ptr<const config::Config> config, const Plans& plans,
                               std::uint64_t generation)
    : config_(std::move(config)),
      generation_(generation),
      allow_(std::make_shared<const config::ProbeAllow>(config_->probe_allow)),
      permission_(permission_of(allow_)) {
  for (const config::Target& target : config_->targets) {
    by_name_[target.name] = {.target = &target, .plan = nullptr, .worker = 0};
  }
  for (std::size_t worker = 0; worker < plans.workers.size(); ++worker) {
    for (const auto& plan : plans.workers[worker]) {
      Entry& entry = by_name_.at(plan->record->identity().name);
      entry.plan = plan;
      entry.worker = worker;
    }
  }
  for (const config::Target& target : config_->targets) {
    const Entry& entry = by_name_.at(target.name);
    if (entry.plan != nullptr) by_address_.emplace(&target.address, &entry);
  }
  for (auto& [name, entry] : by_name_) {
    if (entry.plan == nullptr) entry.worker = worker_for(entry.target->address);
  }
}

// Of one address there is one worker, so that no two of them ask it at once.
std::size_t ProbeDirectory::worker_for(const base::Address& address) const {
  const auto watched = by_address_.find(&address);
  if (watched != by_address_.end()) return watched->second->worker;
  return std::hash<std::string>{}(address.text()) % config_->workers;
}

std::variant<ProbeDirectory::Found, web::ProbeResult> ProbeDirectory::look_up(
    const web::ProbeQuery& query, base::TimePoint now) const {
  const std::string unknown_module =
      query.module ? config::module_problem(*query.module, *config_) : "";
  if (!unknown_module.empty()) return failure(End::bad_request, unknown_module);
  Subject subject = find(query.target);
  if (auto* const refused = std::get_if<web::ProbeResult>(&subject)) return std::move(*refused);
  const Entry& entry = std::get<Entry>(subject);
  const bool is_configured = entry.target != nullptr;
  config::Target target;
  if (is_configured) {
    target = *entry.target;
  } else {
    target.name = query.target;
    target.address = *base::parse_address(query.target);
    target.module = config::kFlagModule;
  }
  const std::string module = query.module.value_or(target.module);
  const bool is_as_configured = module == target.module;
  if (!is_as_configured) target.own_module.reset();
  target.module = module;
  Found found;
  const config::Module& asked = config::module_of(*config_, target);
  found.timeout = asked.timeout;
  found.worker = is_configured ? entry.worker : worker_for(target.address);
  if (is_configured && entry.plan != nullptr && is_as_configured) {
    found.question.plan = entry.plan;
    // Of its plan there is one as long as anybody has it.
    found.question.key = "own " + target.name + " " +
                         std::to_string(reinterpret_cast<std::uintptr_t>(entry.plan.get()));
  } else {
    found.question.plan = make_probe_plan(target, asked, now);
    found.question.key = std::to_string(generation_) + " " + module + " " +
                         (is_configured ? "target " + target.name : target.address.text());
  }
  if (!is_configured) found.question.permission = permission_;
  found.shown = {.address = target.address,
                 .max_children = target.max_children,
                 .module = module,
                 .module_yaml = query.debug ? config::module_yaml(asked) : ""};
  return found;
}

ProbeDirectory::Subject ProbeDirectory::find(const std::string& text) const {
  const auto known = by_name_.find(text);
  if (known != by_name_.end()) return known->second;
  return find_address(text);
}

ProbeDirectory::Subject ProbeDirectory::find_address(const std::string& text) const {
  const base::Result<base::Address> address = base::parse_address(text);
  if (!address) {
    return failure(End::unknown_target, "no target is called " + config::in_quotes(text) +
                                            what_else(*config_, text) +
                                            "; nor is it an address: " + address.error());
  }
  if (!allow_->allows(*address)) return refuse(text, *address);
  return Entry{};
}

web::ProbeResult ProbeDirectory::refuse(const std::string& text,
                                        const base::Address& address) const {
  const auto same = by_address_.find(&address);
  std::string problem = config::in_quotes(text);
  if (same != by_address_.end()) {
    problem += " is the address of the target " + same->second->target->name +
               "; ask for target=" + same->second->target->name;
  } else {
    problem += " is neither the name of a target nor an address that probe_allow has";
  }
  return failure(End::not_allowed, problem + "; to allow it, add \"" +
                                       base::clean_text(config::entry_for(address), 300) +
                                       "\" to probe_allow in the configuration file");
}

}  // namespace app
