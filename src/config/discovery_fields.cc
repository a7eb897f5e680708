#include "config/discovery_fields.h"

#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "config/rules.h"
#include "config/target_fields.h"
#include "config/types.h"

namespace config {
namespace {

constexpr std::size_t kMaxPatterns = 64;
constexpr base::Duration kLeastGrace = base::Duration::zero();
constexpr base::Duration kLeastDnsInterval = std::chrono::seconds(1);

std::string patterns_problem(const std::vector<std::string>& patterns) {
  if (patterns.empty())
    return "is an empty list; write a pattern such as /etc/php/*/fpm/pool.d/*.conf";
  if (patterns.size() <= kMaxPatterns) return "";
  return "has " + std::to_string(patterns.size()) + " patterns; write at most " +
         std::to_string(kMaxPatterns);
}

Type<std::vector<std::string>> file_patterns() {
  return checked<std::vector<std::string>>(
      list_of(text("a pattern for files", pool_files_problem), "a list of patterns for files"),
      patterns_problem);
}

template <typename Rule>
Field<Rule> module_field(std::string_view meaning) {
  return field<Rule>("module", &Rule::module, text("a module's name"), meaning);
}

template <typename Rule>
Field<Rule> labels_field(std::string_view meaning) {
  return field<Rule>("labels", &Rule::labels,
                     text_pairs("a mapping of label names to texts", kMaxLabels, label_problem),
                     meaning);
}

template <typename Rule>
Field<Rule> grace_field(std::string_view meaning) {
  return field<Rule>("grace", &Rule::grace, duration({kLeastGrace, kMostWait}), meaning);
}

Type<PhpFpmPools> php_fpm_pools() {
  return object<PhpFpmPools>({
      required(field<PhpFpmPools>("files", &PhpFpmPools::files, file_patterns(),
                                  "PHP-FPM's files, such as /etc/php/*/fpm/pool.d/*.conf; what "
                                  "they include is read, too")),
      module_field<PhpFpmPools>(
          "what is asked of the pools, with the paths and the response that their files give"),
      labels_field<PhpFpmPools>("labels of every series of these targets"),
  });
}

Type<TargetFiles> target_files() {
  return object<TargetFiles>({
      required(field<TargetFiles>("files", &TargetFiles::files, file_patterns(),
                                  "files that name targets, such as "
                                  "/etc/fastcgi_exporter/targets/*.yaml")),
      module_field<TargetFiles>("what is asked of the targets that name no module"),
      labels_field<TargetFiles>(
          "labels of every series of these targets; those of a file go first"),
  });
}

Type<UnixSockets> unix_sockets() {
  return object<UnixSockets>({
      required(field<UnixSockets>("glob", &UnixSockets::glob,
                                  text("a pattern for sockets", pool_files_problem),
                                  "sockets such as /run/php/*.sock; NAME-status.sock beside "
                                  "NAME.sock is its status address")),
      module_field<UnixSockets>("what is asked of them"),
      labels_field<UnixSockets>("labels of every series of these targets"),
      grace_field<UnixSockets>("how long a socket that is gone stays a target, which is down"),
  });
}

std::string dns_address_problem(const base::Address& address) {
  if (address.transport != base::Transport::tcp) {
    return "has no name to look up; write NAME:PORT, such as php.default.svc:9000";
  }
  if (!base::socket_address(address)) return "";
  return "is an IP address already; write it under `targets`";
}

Type<DnsName> dns_name() {
  return object<DnsName>({
      required(field<DnsName>("name", &DnsName::name, text("a name", name_problem),
                              "NAME of the targets NAME@IP:PORT; unique")),
      required(field<DnsName>("address", &DnsName::address,
                              checked<base::Address>(responder_address(), dns_address_problem),
                              "NAME:PORT; each IPv4 and IPv6 address of that name is a target")),
      module_field<DnsName>("what is asked of them"),
      field<DnsName>("interval", &DnsName::interval, duration({kLeastDnsInterval, kMostWait}),
                     "the name is looked up so often"),
      labels_field<DnsName>("labels of every series of these targets"),
      grace_field<DnsName>("how long they stay while the name leads nowhere"),
  });
}

template <typename Rule>
Field<Config> rules_row(std::string_view key, std::vector<Rule> Discovery::*rules, Type<Rule> type,
                        std::string_view name, std::string_view meaning) {
  const auto access = [rules](auto& config) -> auto& {
    return config.discovery.*rules;
  };
  Field<Config> row = field<Config>(key, access, list_of(std::move(type), name), meaning);
  row.write = [write = row.write, rules](const Config& config, Written& out) {
    if (!(config.discovery.*rules).empty()) write(config, out);
  };
  return row;
}

template <typename Rule>
void check_modules(const Place& place, const std::vector<Rule>& rules, const Config& config) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::string reason = module_problem(rules[i].module, config);
    if (!reason.empty()) place.index(i).key("module").problem(reason);
  }
}

void check_dns_names(const Place& place, const std::vector<DnsName>& rules) {
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto [first, is_new] = seen.emplace(rules[i].name, i);
    if (is_new || rules[i].name.empty()) continue;
    place.index(i).key("name").problem(
        in_quotes(rules[i].name) + " is the name of /discovery/dns/" +
        std::to_string(first->second) + " already; give each its own");
  }
}

}  // namespace

Field<Config> discovery_row() {
  auto row = group<Config>(
      "discovery",
      {rules_row("target_files", &Discovery::target_files, target_files(),
                 "a list of sets of target files", "every target that these files name"),
       rules_row("php_fpm_pools", &Discovery::php_fpm_pools, php_fpm_pools(),
                 "a list of sets of PHP-FPM's files", "every pool that these files set up"),
       rules_row("unix_sockets", &Discovery::unix_sockets, unix_sockets(),
                 "a list of patterns for sockets", "every socket that somebody listens on"),
       rules_row("dns", &Discovery::dns, dns_name(), "a list of names",
                 "every address of these names")},
      "targets that are found, and looked for again all the time; see below");
  row.write = [write = row.write](const Config& config, Written& out) {
    if (!config.discovery.empty()) write(config, out);
  };
  return row;
}

void check_discovery(const Place& discovery, const Config& config) {
  const Discovery& rules = config.discovery;
  check_modules(discovery.key("target_files"), rules.target_files, config);
  check_modules(discovery.key("php_fpm_pools"), rules.php_fpm_pools, config);
  check_modules(discovery.key("unix_sockets"), rules.unix_sockets, config);
  check_modules(discovery.key("dns"), rules.dns, config);
  check_dns_names(discovery.key("dns"), rules.dns);
}

std::string pool_files_problem(std::string_view pattern) {
  if (!pattern.starts_with('/')) {
    return in_quotes(pattern) +
           " is no whole path; write it from the root, like /etc/php/*/fpm/pool.d/*.conf";
  }
  if (pattern.size() > kMaxPathBytes) {
    return "longer than " + std::to_string(kMaxPathBytes) + " bytes; write a shorter pattern";
  }
  return pattern.find('\0') == std::string_view::npos ? "" : "holds a NUL byte; remove it";
}

}  // namespace config
