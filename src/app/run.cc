#include "app/run.h"

#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>

#include "app/daemon.h"
#include "app/demo.h"
#include "app/discover_command.h"
#include "app/signals.h"
#include "base/log.h"
#include "config/effective.h"
#include "config/load.h"
#include "discovery/pool_files.h"

namespace app {
namespace {

// Any target: it is no stand-in for anything, so neither the variables of others nor their listen
// addresses mean anything to it. run_demo() puts its own targets there.
base::Result<config::Loaded> load_demo(config::Flags flags) {
  if (config::names_targets(flags) || flags.compat || !flags.scrape_uris.empty()) {
    return base::Unexpected{
        "The demo brings its own targets: leave out --config.file, --fastcgi.target, "
        "--discover.php-fpm, --compat and --phpfpm.scrape-uri, or demo."};
  }
  flags.targets = {"demo=unix:@demo"};
  return config::load(flags, {}, config::read_file);
}

base::Result<config::Loaded> load(const CommandLine& line) {
  if (line.command == Command::demo) return load_demo(line.flags);
  config::Flags flags = line.flags;
  // `get` is a word of that exporter, and seed mode has no status page to ask for.
  const bool needs_pools = line.command == Command::get && !config::names_targets(flags);
  if (needs_pools && !flags.compat) flags.compat = "hipages";
  const bool needs_files = line.command == Command::discover && !config::names_targets(flags);
  if (needs_files) flags.discover_php_fpm = {config::kDefaultPoolFiles};
  return config::load(flags, config::process_environment(), config::read_file);
}

int report_bad_config(const std::string& problems, int exit_code) {
  std::cerr << problems << "\n";
  return exit_code;
}

// The configuration with the targets that its discovery stands for.
config::Config with_discovered(config::Config config) {
  if (config.discovery.empty()) return config;
  const discovery::Discovered found = discovery::add_php_fpm_pools(config);
  for (const std::string& warning : found.warnings) base::log::warn(warning);
  for (const std::string& hint : found.hints) base::log::info("hint: " + hint);
  base::log::info("discovered",
                  {{"source", "php_fpm_pools"}, {"targets", std::to_string(found.targets)}});
  return config;
}

// A file without any rule, given to `discover` for its modules and targets.
config::Config with_default_rule(config::Config config) {
  if (config.discovery.empty()) {
    config.discovery.php_fpm_pools = {
        {.files = {config::kDefaultPoolFiles}, .module = config::kFlagModule, .labels = {}}};
  }
  return config;
}

base::Result<config::Loaded> load_and_discover(const CommandLine& line) {
  auto loaded = load(line);
  if (!loaded) return loaded;
  config::Loaded found = std::move(loaded).value();
  found.config = with_discovered(std::move(found.config));
  return found;
}

int serve(const CommandLine& line, config::Loaded loaded, Signals& signals) {
  for (const std::string& warning : loaded.warnings) base::log::warn(warning);
  run_daemon(with_discovered(std::move(loaded.config)), signals,
             {.load = [line] { return load_and_discover(line); },
              .enable_lifecycle = line.enable_lifecycle,
              .on_started = {}});
  return 0;
}

}  // namespace

int run(const CommandLine& line) {
  auto loaded = load(line);
  if (!loaded)
    return report_bad_config(loaded.error(), line.command == Command::check ? kExitUsage : 1);
  base::log::configure(loaded->config.log_level, loaded->config.log_format);
  if (line.config_check) {
    for (const std::string& warning : loaded->warnings) std::cout << "warning: " << warning << "\n";
    std::cout << config::effective_yaml(loaded->config, config::Secrets::hidden)
              << "# The configuration is good.\n";
    return 0;
  }
  if (line.command == Command::check)
    return run_check(line.check, loaded->config, std::cout, std::cerr);
  if (line.command == Command::discover)
    return run_discover(with_default_rule(loaded->config), std::cout, std::cerr);
  if (line.command == Command::get)
    return run_get(line.get_format, with_discovered(loaded->config), std::cout);
  Signals signals;  // before any thread exists
  if (line.command == Command::demo) {
    run_demo(line, loaded->config, signals);
    return 0;
  }
  return serve(line, std::move(loaded).value(), signals);
}

}  // namespace app
