#include "config/environment.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>

#include "base/text.h"
#include "config/rules.h"
#include "config/wording.h"

namespace config {
namespace {

using base::log::Level;
using std::chrono::seconds;

class Reader {
 public:
  Reader(const Environment& environment, Problems& problems)
      : environment_(environment), problems_(problems) {}

  std::string get(std::string_view name) const {
    return value_of(seed_variables(), environment_, name);
  }
  void problem(std::string_view name, std::string_view what) {
    problems_.add(0, std::string(name) + "=" + get(name), what);
  }

 private:
  const Environment& environment_;
  Problems& problems_;
};

void read_server(Reader& variables, Web& web) {
  auto address = base::parse_listen_address(variables.get("SERVER"));
  if (!address) return variables.problem("SERVER", address.error());
  web.listen_address = {std::move(address).value()};
}

std::uint16_t read_port(Reader& variables) {
  const auto port = base::parse_uint(variables.get("DESTINATION_PORT"));
  if (port && *port >= 1 && *port <= 65535) return static_cast<std::uint16_t>(*port);
  variables.problem("DESTINATION_PORT", "must be a port from 1 to 65535, such as 9000");
  return 1;
}

base::Address read_destination(Reader& variables) {
  const std::string port = std::to_string(read_port(variables));
  const std::string text = variables.get("DESTINATION");
  const bool is_socket =
      text.starts_with('/') || text.starts_with('@') || text.starts_with("unix:");
  const bool is_bare_v6 = text.find(':') != text.rfind(':') && !text.starts_with('[');
  const std::string host = is_bare_v6 ? "[" + text + "]" : text;
  auto address = base::parse_address(is_socket ? text : host + ":" + port);
  if (address) return std::move(address).value();
  const bool has_port = !is_socket && !is_bare_v6 && text.find(':') != std::string::npos;
  variables.problem("DESTINATION",
                    has_port ? "must be a name, an IP address or the path of a unix socket; the "
                               "port stands in DESTINATION_PORT"
                             : address.error());
  return {};
}

probe::CheckSettings check_of_environment(Reader& variables) {
  probe::CheckSettings check = default_check("ping");
  check.path = variables.get("PING_PATH");
  check.expect.text = variables.get("PING_RESPONSE");
  for (const char* name : {"PING_PATH", "PING_RESPONSE"}) {
    if (variables.get(name).size() > kMaxPathBytes) {
      variables.problem(name, "longer than " + std::to_string(kMaxPathBytes) + " bytes");
    }
  }
  return check;
}

Module seed_module(Reader& variables) {
  Module module = ping_module();
  module.interval = seconds(1);
  module.timeout = seconds(1);
  module.health.rise = 1;
  module.health.fall = 1;
  module.checks = {check_of_environment(variables)};
  return module;
}

std::optional<Level> level_named(std::string_view name) {
  struct Row {
    std::string_view name;
    Level level;
  };
  // We have no level above error or below debug.
  constexpr Row kRows[] = {{"off", Level::error}, {"error", Level::error}, {"warn", Level::warn},
                           {"info", Level::info}, {"debug", Level::debug}, {"trace", Level::debug}};
  for (const Row& row : kRows) {
    if (base::equals_ignoring_case(row.name, name)) return row.level;
  }
  return std::nullopt;
}

// One directive: LEVEL, MODULE (which means all of it) or MODULE=LEVEL.
std::optional<Level> level_of_directive(std::string_view directive) {
  const std::size_t equals = directive.find('=');
  if (equals == std::string_view::npos) return level_named(directive).value_or(Level::debug);
  const std::string_view level = base::trim(directive.substr(equals + 1));
  return level.empty() ? Level::debug : level_named(level);
}

// env_logger's syntax: directives between commas, then perhaps "/" and a regular expression, which
// we do not use. The most talkative level wins. As there, a bad directive is skipped with a
// warning: the variable is often set for others.
Level rust_log_level(std::string_view text, std::vector<std::string>& warnings) {
  std::optional<Level> highest;
  text = text.substr(0, text.find('/'));
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view directive = base::trim(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (directive.empty()) continue;
    const auto level = level_of_directive(directive);
    if (!level) {
      warnings.push_back("RUST_LOG: " + in_quotes(directive) +
                         " has no level of off, error, warn, info, debug, trace; skipped");
    } else if (!highest || *level < *highest) {
      highest = level;
    }
  }
  return highest.value_or(Level::info);
}

}  // namespace

const std::vector<Variable>& seed_variables() {
  static const std::vector<Variable> variables{
      {"SERVER", "127.0.0.1:8080", "where we serve"},
      {"DESTINATION", "127.0.0.1", "the responder: a name, an IP address or a unix socket's path"},
      {"DESTINATION_PORT", "9000", "its port; not used with a unix socket"},
      {"PING_PATH", "/fpm-ping", "SCRIPT_NAME and SCRIPT_FILENAME of the question"},
      {"PING_RESPONSE", "pong", "the text that the body must contain"},
      {"RUST_LOG", "info", "the log level, in env_logger's syntax, unless --log.level is given"},
  };
  return variables;
}

Config seed_config(const Environment& environment, Problems& problems,
                   std::vector<std::string>& warnings) {
  Reader variables(environment, problems);
  Config config = default_config();
  read_server(variables, config.web);
  Target target;
  target.name = "default";
  target.address = read_destination(variables);
  target.source = "environment";
  config.targets = {std::move(target)};
  Module module = seed_module(variables);
  const std::string name = module.name;
  config.modules.insert_or_assign(name, std::move(module));
  config.log_level = rust_log_level(variables.get("RUST_LOG"), warnings);
  return config;
}

std::string value_of(const std::vector<Variable>& known, const Environment& environment,
                     std::string_view name) {
  const auto set = environment.find(std::string(name));
  if (set != environment.end() && !set->second.empty()) return set->second;
  return std::ranges::find(known, name, &Variable::name)->default_text;
}

std::vector<std::string> set_variables(const std::vector<Variable>& known,
                                       const Environment& environment) {
  std::vector<std::string> set;
  for (const Variable& variable : known) {
    const auto found = environment.find(variable.name);
    if (found != environment.end() && !found->second.empty()) set.push_back(variable.name);
  }
  return set;
}

}  // namespace config
