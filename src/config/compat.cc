#include "config/compat.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "base/text.h"
#include "config/rules.h"
#include "config/schema.h"

namespace config {
namespace {

using base::log::Level;
using std::chrono::seconds;

constexpr base::Duration kTimeout = seconds(3);  // the other's, to connect
constexpr const char* kLogLevel = "PHP_FPM_LOG_LEVEL";
constexpr const char* kUris = "PHP_FPM_SCRAPE_URI";
constexpr const char* kFixProcessCount = "PHP_FPM_FIX_PROCESS_COUNT";

bool has_path(std::string_view path) {
  return path.size() > 1;  // PHP-FPM takes no shorter pm.status_path
}

base::Result<ScrapeUri> made(std::string_view uri, base::Result<base::Address> address,
                             std::string_view path) {
  if (!address) return base::Unexpected{address.error()};
  if (const std::string reason = path_problem(path); !reason.empty()) {
    return base::Unexpected{reason};
  }
  return ScrapeUri{std::string(uri), std::move(address).value(), std::string(path)};
}

base::Result<ScrapeUri> parse_tcp(std::string_view uri) {
  constexpr std::string_view kScheme = "tcp://";
  const std::size_t slash = std::min(uri.find('/', kScheme.size()), uri.size());
  if (!has_path(uri.substr(slash))) {
    return base::Unexpected{in_quotes(uri) + " has no status path; write it like \"" +
                            std::string(uri.substr(0, slash)) + "/status\""};
  }
  return made(uri, base::parse_address(uri.substr(0, slash)), uri.substr(slash));
}

// The most common mistake: without quotes, a shell ends the command at the ";".
base::Result<ScrapeUri> parse_unix(std::string_view uri) {
  const std::size_t semicolon = std::min(uri.find(';'), uri.size());
  const std::string_view socket = uri.substr(0, semicolon);
  const std::string_view path = uri.substr(std::min(semicolon + 1, uri.size()));
  if (!has_path(path)) {
    return base::Unexpected{in_quotes(uri) + " has no status path; write it like \"" +
                            std::string(socket) +
                            ";/status\", with the quotes, or the shell ends the command at the ;"};
  }
  return made(uri, base::parse_address(socket), path);
}

std::string why_no_scheme(std::string_view text) {
  if (text.starts_with("http:") || text.starts_with("https:")) {
    return in_quotes(text) +
           " is the URL of a web server; write where PHP-FPM itself listens, like "
           "\"tcp://127.0.0.1:9000/status\"";
  }
  const bool is_socket = text.starts_with('/');
  return in_quotes(text) + " does not start with tcp:// or unix://; write it like " +
         (is_socket ? "\"unix:///run/php/www.sock;/status\"" : "\"tcp://127.0.0.1:9000/status\"");
}

// As its flag library does, but without quotes inside.
std::vector<std::string> split_at_commas(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view part = base::trim(list.substr(0, comma));
    if (!part.empty()) parts.emplace_back(part);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return parts;
}

void read_uris(const std::string& origin, std::string_view list, std::vector<ScrapeUri>& uris,
               Problems& problems) {
  const std::vector<std::string> parts = split_at_commas(list);
  if (parts.empty()) {
    problems.add(0, origin, "names no pool; write it like tcp://127.0.0.1:9000/status");
  }
  for (const std::string& part : parts) {
    auto uri = parse_scrape_uri(part);
    if (!uri) {
      problems.add(0, origin, uri.error());
    } else if (std::ranges::find(uris, uri->text, &ScrapeUri::text) != uris.end()) {
      problems.add(0, origin, in_quotes(part) + " is there already; keep one");
    } else {
      uris.push_back(std::move(uri).value());
    }
  }
}

std::vector<ScrapeUri> scrape_uris(const Flags& flags, const Environment& environment,
                                   Problems& problems) {
  std::vector<ScrapeUri> uris;
  for (const std::string& list : flags.scrape_uris) {
    read_uris("--phpfpm.scrape-uri=" + list, list, uris, problems);
  }
  if (flags.scrape_uris.empty()) {
    const std::string list = value_of(hipages_variables(), environment, kUris);
    read_uris(std::string(kUris) + "=" + list, list, uris, problems);
  }
  return uris;
}

std::string unused_name(std::string_view text, const std::set<std::string>& used) {
  std::string name = as_name(text);
  for (int n = 2; used.contains(name); ++n) {
    const std::string suffix = "-" + std::to_string(n);
    name = as_name(text.substr(0, kMaxNameBytes - suffix.size())) + suffix;
  }
  return name;
}

// As for --fastcgi.target; and the status path, where several pools or paths share an address.
std::vector<std::string> names_for(const std::vector<ScrapeUri>& uris) {
  std::map<std::string, int> uses;
  for (const ScrapeUri& uri : uris) ++uses[short_name(uri.address)];
  std::set<std::string> used;
  std::vector<std::string> names;
  for (const ScrapeUri& uri : uris) {
    const std::string name = short_name(uri.address);
    names.push_back(unused_name(uses[name] == 1 ? name : long_name(uri.address) + uri.path, used));
    used.insert(names.back());
  }
  return names;
}

Module module_for(const std::string& path) {
  Module module;
  module.timeout = kTimeout;
  module.health.fall = 1;  // the original's next scrape says that a pool is gone
  module.checks = {default_check("status")};
  module.checks[0].path = path;
  module.checks[0].process_details = probe::ProcessDetails::per_process;
  module.require = {module.checks[0].name};
  return module;
}

void add_targets(const std::vector<ScrapeUri>& uris, Config& config) {
  const std::vector<std::string> names = names_for(uris);
  std::map<std::string, std::string> module_of_path;
  std::set<std::string> modules;
  for (std::size_t i = 0; i < uris.size(); ++i) {
    std::string& name = module_of_path[uris[i].path];
    if (name.empty()) {
      name = unused_name("hipages" + uris[i].path, modules);
      modules.insert(name);
      Module module = module_for(uris[i].path);
      module.name = name;
      config.modules.insert_or_assign(name, std::move(module));
    }
    Target target;
    target.name = names[i];
    target.address = uris[i].address;
    target.module = name;
    target.source = "hipages";
    target.scrape_uri = uris[i].text;
    config.targets.push_back(std::move(target));
  }
}

// What Go's strconv.ParseBool takes.
std::optional<bool> parse_bool(std::string_view text) {
  constexpr std::string_view kTrue[] = {"1", "t", "T", "true", "TRUE", "True"};
  constexpr std::string_view kFalse[] = {"0", "f", "F", "false", "FALSE", "False"};
  if (std::ranges::find(kTrue, text) != std::end(kTrue)) return true;
  if (std::ranges::find(kFalse, text) != std::end(kFalse)) return false;
  return std::nullopt;
}

bool read_fix_process_count(const Environment& environment, Problems& problems) {
  const std::string text = value_of(hipages_variables(), environment, kFixProcessCount);
  const auto fix = parse_bool(text);
  if (!fix) problems.add(0, std::string(kFixProcessCount) + "=" + text, "must be true or false");
  return fix.value_or(false);
}

void read_web(const Environment& environment, Web& web, Problems& problems) {
  const auto read = [&](const std::string& variable, std::string_view key) {
    const std::string value = value_of(hipages_variables(), environment, variable);
    const Place place(problems, variable + "=" + value);
    read_web_key(key, value, place, web);
  };
  read("PHP_FPM_WEB_LISTEN_ADDRESS", "listen_address");
  read("PHP_FPM_WEB_TELEMETRY_PATH", "telemetry_path");
}

}  // namespace

base::Result<ScrapeUri> parse_scrape_uri(std::string_view text) {
  if (text.size() > kMaxScrapeUriBytes) {
    return base::Unexpected{"longer than " + std::to_string(kMaxScrapeUriBytes) +
                            " bytes; write a shorter path"};
  }
  if (base::clean_text(text, text.size()) != text) {
    return base::Unexpected{in_quotes(text) + " holds a control character or broken UTF-8"};
  }
  if (text.find('%') != std::string_view::npos) {
    return base::Unexpected{in_quotes(text) + " holds a %; write the character that it stands for"};
  }
  const std::string_view uri = text.substr(0, text.find_first_of("?#"));
  if (uri.starts_with("tcp://")) return parse_tcp(uri);
  if (uri.starts_with("unix:")) return parse_unix(uri);
  return base::Unexpected{why_no_scheme(text)};
}

const std::vector<Variable>& hipages_variables() {
  static const std::vector<Variable> variables{
      {kUris, "tcp://127.0.0.1:9000/status",
       "the pools, with commas between: tcp://HOST:PORT/PATH or unix:///SOCKET;/PATH; "
       "--phpfpm.scrape-uri"},
      {kFixProcessCount, "false",
       "phpfpm_{idle,active,total}_processes are counted from the list of processes; "
       "--phpfpm.fix-process-count"},
      {"PHP_FPM_WEB_LISTEN_ADDRESS", ":9253", "where we serve; --web.listen-address"},
      {"PHP_FPM_WEB_TELEMETRY_PATH", "/metrics", "where the metrics are; --web.telemetry-path"},
      {kLogLevel, "info", "trace, debug, info, warn, error, fatal or panic; --log.level"},
  };
  return variables;
}

bool asks_for_hipages(const Environment& environment) {
  const std::vector<std::string> set = set_variables(hipages_variables(), environment);
  return std::ranges::any_of(set, [](const std::string& name) { return name != kLogLevel; });
}

Config hipages_config(const Flags& flags, const Environment& environment, Problems& problems) {
  Config config = default_config();
  config.compat = Compat::hipages;
  config.fix_process_count = flags.fix_process_count
                                 ? *flags.fix_process_count
                                 : read_fix_process_count(environment, problems);
  read_web(environment, config.web, problems);
  const std::string level = value_of(hipages_variables(), environment, kLogLevel);
  const Place place(problems, std::string(kLogLevel) + "=" + level);
  hipages_log_level().read(level, place, config.log_level);
  add_targets(scrape_uris(flags, environment, problems), config);
  return config;
}

Type<Level> hipages_log_level() {
  struct Row {
    const char* name;
    Level level;
  };
  // We have no level above error or below debug.
  static constexpr Row kRows[] = {{"trace", Level::debug},  {"debug", Level::debug},
                                  {"info", Level::info},    {"warn", Level::warn},
                                  {"warning", Level::warn}, {"error", Level::error},
                                  {"fatal", Level::error},  {"panic", Level::error}};
  Type<Level> type;
  type.name = "one of: trace, debug, info, warn, warning, error, fatal, panic";
  type.read = [name = type.name](const Json& json, const Place& place, Level& level) {
    for (const Row& row : kRows) {
      if (!json.is_string()) break;
      if (base::equals_ignoring_case(row.name, json.get_ref<const std::string&>())) {
        return void(level = row.level);
      }
    }
    place.problem(wrong(name, json));
  };
  return type;
}

}  // namespace config
