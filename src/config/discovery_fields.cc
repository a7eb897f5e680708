#include "config/discovery_fields.h"

#include <nlohmann/json.hpp>

#include "config/rules.h"
#include "config/target_fields.h"
#include "config/types.h"

namespace config {
namespace {

constexpr std::size_t kMaxPatterns = 64;

std::string patterns_problem(const std::vector<std::string>& patterns) {
  if (patterns.empty())
    return "is an empty list; write a pattern such as /etc/php/*/fpm/pool.d/*.conf";
  if (patterns.size() <= kMaxPatterns) return "";
  return "has " + std::to_string(patterns.size()) + " patterns; write at most " +
         std::to_string(kMaxPatterns);
}

Type<PhpFpmPools> php_fpm_pools() {
  const Type<std::vector<std::string>> patterns = checked<std::vector<std::string>>(
      list_of(text("a pattern for files", pool_files_problem), "a list of patterns for files"),
      patterns_problem);
  return object<PhpFpmPools>({
      required(field<PhpFpmPools>("files", &PhpFpmPools::files, patterns,
                                  "PHP-FPM's files, such as /etc/php/*/fpm/pool.d/*.conf; what "
                                  "they include is read, too")),
      field<PhpFpmPools>("module", &PhpFpmPools::module, text("a module's name"),
                         "what is asked of the pools, with the paths and the response that their "
                         "files give"),
      field<PhpFpmPools>("labels", &PhpFpmPools::labels,
                         text_pairs("a mapping of label names to texts", kMaxLabels, label_problem),
                         "labels of every series of these targets"),
  });
}

}  // namespace

Field<Config> discovery_row() {
  const auto pools = [](auto& config) -> auto& {
    return config.discovery.php_fpm_pools;
  };
  auto row =
      group<Config>("discovery",
                    {field<Config>("php_fpm_pools", pools,
                                   list_of(php_fpm_pools(), "a list of sets of PHP-FPM's files"),
                                   "every pool that these files set up is a target")},
                    "targets that are found at the start and at each reload; see below");
  row.write = [write = row.write](const Config& config, Written& out) {
    if (!config.discovery.empty()) write(config, out);
  };
  return row;
}

void check_discovery(const Place& discovery, const Config& config) {
  const Place place = discovery.key("php_fpm_pools");
  for (std::size_t i = 0; i < config.discovery.php_fpm_pools.size(); ++i) {
    const std::string reason = module_problem(config.discovery.php_fpm_pools[i].module, config);
    if (!reason.empty()) place.index(i).key("module").problem(reason);
  }
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
