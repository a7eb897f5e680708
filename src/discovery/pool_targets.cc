#include "discovery/pool_targets.h"

#include <algorithm>
#include <string_view>

#include "config/rules.h"
#include "phpfpm/listen_address.h"

namespace discovery {
namespace {

using config::Module;
using probe::CheckSettings;
using Body = probe::Expectation::Body;

bool is_version(std::string_view text) {
  return !text.empty() && text.front() != '.' &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

// Debian: /etc/php/8.2/fpm; Alpine: /etc/php82; Remi: /etc/opt/remi/php82.
std::string version_in(std::string_view path) {
  std::string_view before;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view folder = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (path.empty()) break;  // the file itself
    if (before == "php" && is_version(folder)) return "php" + std::string(folder);
    if (folder.starts_with("php") && is_version(folder.substr(3))) return std::string(folder);
    before = folder;
  }
  return "";
}

std::string place_of(const phpfpm::Pool& pool) {
  return pool.file + ":" + std::to_string(pool.line) + ": [" + pool.name + "]: ";
}

// The one that the short form makes: others have names, and paths, of their own.
std::vector<CheckSettings>::iterator find_ping(Module& module) {
  return std::ranges::find_if(module.checks, [](const CheckSettings& check) {
    return check.kind == "ping" && check.name == check.kind;
  });
}

std::vector<CheckSettings>::iterator find_status(Module& module) {
  return std::ranges::find(module.checks, "status", &CheckSettings::kind);
}

// A path that a module leaves at its default may be empty.
std::string path_of(const CheckSettings& check) {
  return check.path.empty() ? std::string(probe::default_path(check.kind)) : check.path;
}

// Returns whether anything changed, as the other steps do.
bool adapt_ping_paths(Module& module, const phpfpm::Pool& pool) {
  const auto ping = find_ping(module);
  if (ping == module.checks.end()) return false;
  const bool other_path = path_of(*ping) != pool.ping_path;
  const bool other_text = !pool.ping_response.empty() && (ping->expect.body != Body::contains ||
                                                          ping->expect.text != pool.ping_response);
  if (other_path) ping->path = pool.ping_path;
  if (other_text) {
    ping->expect.body = Body::equals;
    ping->expect.text = pool.ping_response;
  }
  return other_path || other_text;
}

bool take_any_answer(Module& module) {
  auto ping = find_ping(module);
  if (ping == module.checks.end()) {
    CheckSettings check = config::default_check("ping");
    check.params = module.params;
    ping = module.checks.insert(module.checks.begin(), std::move(check));
  } else if (ping->expect.body == Body::any_answer) {
    return false;
  }
  ping->expect = {};
  ping->expect.body = Body::any_answer;
  ping->expect.text.clear();
  return true;
}

bool adapt_ping(Module& module, const phpfpm::Pool& pool) {
  if (!pool.ping_path.empty()) return adapt_ping_paths(module, pool);
  // The page of a status address says nothing about the pool itself.
  const bool status_decides = find_status(module) != module.checks.end() &&
                              !pool.status_path.empty() && pool.status_listen.empty();
  if (!status_decides) return take_any_answer(module);
  const auto ping = find_ping(module);
  if (ping == module.checks.end()) return false;
  module.checks.erase(ping);
  return true;
}

bool adapt_status(Module& module, const phpfpm::Pool& pool) {
  const auto status = find_status(module);
  if (status == module.checks.end()) return false;
  if (pool.status_path.empty()) {
    module.checks.erase(status);
    module.ready.max_active_ratio.reset();  // it needs the page
    return true;
  }
  if (path_of(*status) == pool.status_path) return false;
  status->path = pool.status_path;
  return true;
}

std::vector<std::string> names_of(const Module& module, std::string_view kind) {
  std::vector<std::string> names;
  for (const CheckSettings& check : module.checks) {
    if (check.kind == kind) names.push_back(check.name);
  }
  return names;
}

// Checks that are gone decide nothing; when none is left, the default of every module.
void adapt_require(Module& module) {
  std::erase_if(module.require, [&](const std::string& name) {
    return std::ranges::find(module.checks, name, &CheckSettings::name) == module.checks.end();
  });
  for (const char* kind : {"ping", "status"}) {
    if (module.require.empty()) module.require = names_of(module, kind);
  }
}

std::string name_part(std::string_view path) {
  return config::as_name(path.starts_with('/') ? path.substr(1) : path);
}

std::string name_of(Module& module) {
  std::string name = module.name;
  if (const auto ping = find_ping(module); ping != module.checks.end()) {
    const bool any = ping->expect.body == Body::any_answer;
    name += ":" + (any ? "any_answer" : name_part(path_of(*ping)));
    if (ping->expect.body == Body::equals) name += ":" + name_part(ping->expect.text);
  }
  if (const auto status = find_status(module); status != module.checks.end()) {
    name += ":" + name_part(path_of(*status));
  }
  return config::as_name(name);
}

std::vector<std::string> hints_for(const Module& base, const phpfpm::Pool& pool) {
  const bool asks_status = config::find_status_check(base) != nullptr;
  if (pool.ping_path.empty() && pool.status_path.empty()) {
    return {place_of(pool) +
            "has neither ping.path nor pm.status_path, so that any whole answer counts as up, even "
            "a 404; write ping.path = /fpm-ping and pm.status_path = /status there, and reload "
            "PHP-FPM"};
  }
  if (pool.status_path.empty() && asks_status) {
    return {place_of(pool) +
            "has no pm.status_path, so that there are no phpfpm_ metrics; write pm.status_path = "
            "/status there, and reload PHP-FPM"};
  }
  return {};
}

}  // namespace

std::string target_name(const phpfpm::Pool& pool) {
  const std::string version = version_in(pool.file);
  return config::as_name(version.empty() ? pool.name : version + "-" + pool.name);
}

base::Result<config::Target> make_target(const phpfpm::Pool& pool,
                                         const config::PhpFpmPools& rule) {
  config::Target target;
  target.name = target_name(pool);
  target.module = rule.module;
  target.labels = rule.labels;
  target.source = "php_fpm_pools";
  target.max_children = pool.max_children;
  if (config::pool_name_problem(pool.name).empty()) target.pool = pool.name;
  const auto address = phpfpm::listen_address(pool.listen, pool.prefix);
  if (!address) {
    return base::Unexpected{place_of(pool) + "is left out: listen " + address.error()};
  }
  target.address = *address;
  const std::string reason = config::label_text_problem(target);
  if (!reason.empty()) return base::Unexpected{place_of(pool) + "is left out: " + reason};
  if (pool.status_listen.empty() || pool.status_path.empty()) return target;
  const auto status_address = phpfpm::listen_address(pool.status_listen, pool.prefix);
  if (!status_address) {
    return base::Unexpected{place_of(pool) + "is left out: pm.status_listen " +
                            status_address.error()};
  }
  if (*status_address != target.address) target.status_address = *status_address;
  return target;
}

Adapted adapt(const Module& base, const phpfpm::Pool& pool) {
  Adapted adapted;
  adapted.hints = hints_for(base, pool);
  Module module = base;
  const bool has_other_ping = adapt_ping(module, pool);
  const bool has_other_status = adapt_status(module, pool);
  if (!has_other_ping && !has_other_status) return adapted;
  adapt_require(module);
  module.name = name_of(module);
  adapted.module = std::move(module);
  return adapted;
}

}  // namespace discovery
