#include "config/load.h"

#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "config/compat.h"
#include "config/document.h"
#include "config/file.h"
#include "config/schema.h"
#include "config/target_fields.h"
#include "config/wording.h"

namespace config {
namespace {

constexpr const char* kDefaultListenAddress = ":9253";

void apply_file(const std::string& path, const FileReader& read, Loaded& loaded,
                Problems& problems) {
  const auto text = read(path);
  if (!text) return problems.add(0, "--config.file=" + path, text.error());
  const Document document = parse_document(path, *text, problems);
  if (document.root->empty()) loaded.blank_file = path;
  read_config(*document.root, Place(problems, path, document.lines), loaded.config);
}

enum class Source { ours, hipages, seed };  // who says what to watch

Source source_of(const Flags& flags, const Environment& environment) {
  if (names_targets(flags)) return Source::ours;
  if (flags.compat || !flags.scrape_uris.empty() || flags.fix_process_count) return Source::hipages;
  return asks_for_hipages(environment) ? Source::hipages : Source::seed;
}

// Two ways to name targets, of which one would be dropped in silence.
void refuse_mixed(const Flags& flags, Problems& problems) {
  constexpr const char* kWhat =
      "stands in for hipages/php-fpm_exporter, whose targets are scrape URIs; leave out "
      "--config.file, --fastcgi.target and --discover.php-fpm, or this flag";
  if (flags.compat) problems.add(0, "--compat=" + *flags.compat, kWhat);
  if (!flags.scrape_uris.empty()) problems.add(0, "--phpfpm.scrape-uri", kWhat);
  if (flags.fix_process_count) problems.add(0, "--phpfpm.fix-process-count", kWhat);
}

Config base_config(Source source, const Flags& flags, const Environment& environment,
                   Problems& problems, std::vector<std::string>& warnings) {
  switch (source) {
    case Source::ours:
      refuse_mixed(flags, problems);
      return default_config();
    case Source::hipages:
      return hipages_config(flags, environment, problems);
    case Source::seed:
      return seed_config(environment, problems, warnings);
  }
  std::abort();
}

// In seed mode a variable of the other program does nothing, and may be meant for PHP-FPM itself.
void warn_of_ignored(Source source, const Environment& environment,
                     std::vector<std::string>& warnings) {
  if (source == Source::seed) return;
  std::vector<std::string> set = set_variables(seed_variables(), environment);
  if (source == Source::ours) {
    const auto others = set_variables(hipages_variables(), environment);
    set.insert(set.end(), others.begin(), others.end());
  }
  if (set.empty()) return;
  const std::string who = source == Source::ours
                              ? "--config.file, --fastcgi.target or --discover.php-fpm"
                              : "--compat=hipages";
  warnings.push_back("ignored, since " + who + " says what to watch: " + joined(set));
}

}  // namespace

base::Result<Loaded> load(const Flags& flags, const Environment& environment,
                          const FileReader& read_file) {
  Loaded loaded;
  Problems problems;
  if (flags.compat && *flags.compat != "hipages") {
    problems.add(0, "--compat=" + *flags.compat, "must be hipages");
  }
  const Source source = source_of(flags, environment);
  loaded.seed_mode = source == Source::seed;
  loaded.config = base_config(source, flags, environment, problems, loaded.warnings);
  warn_of_ignored(source, environment, loaded.warnings);
  if (flags.config_file) apply_file(*flags.config_file, read_file, loaded, problems);
  apply_flags(flags, loaded.config, problems, loaded.warnings);
  if (!problems.empty()) return base::Unexpected{problems.text()};
  if (loaded.config.web.listen_address.empty()) {
    loaded.config.web.listen_address = {*base::parse_listen_address(kDefaultListenAddress)};
  }
  if (loaded.config.watches_nothing()) {
    loaded.warnings.push_back("no target is configured; write some under `targets`");
  }
  for (std::string& warning : unused_by_targets(loaded.config)) {
    loaded.warnings.push_back(std::move(warning));
  }
  return loaded;
}

base::Result<std::string> read_file(const std::string& path) {
  return read_regular_file(path, kMaxFileBytes);
}

Environment process_environment() {
  Environment variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos)
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace config
