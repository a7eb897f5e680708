#include "app/run.h"

#include <cstdlib>
#include <iostream>
#include <string>

#include "app/daemon.h"
#include "app/demo.h"
#include "app/signals.h"
#include "base/log.h"
#include "config/effective.h"
#include "config/load.h"

namespace app {
namespace {

base::Result<config::Loaded> load(const CommandLine& line) {
  if (line.command != Command::demo) {
    return config::load(line.flags, config::process_environment(), config::read_file);
  }
  if (line.flags.config_file || !line.flags.targets.empty()) {
    return base::Unexpected{
        "The demo brings its own targets: leave out --config.file and --fastcgi.target, or demo."};
  }
  // Any target: it is no stand-in for anything, so neither the original's variables nor its
  // listen address mean anything to it. run_demo() puts its own targets there.
  config::Flags flags = line.flags;
  flags.targets = {"demo=unix:@demo"};
  return config::load(flags, {}, config::read_file);
}

int report_bad_config(const std::string& problems, int exit_code) {
  std::cerr << problems << "\n";
  return exit_code;
}

int serve(const config::Loaded& loaded, Signals& signals) {
  for (const std::string& warning : loaded.warnings) base::log::warn(warning);
  run_daemon(loaded.config, signals,
             {.effective_config = config::effective_yaml(loaded.config, config::Secrets::hidden),
              .on_started = {}});
  return 0;
}

}  // namespace

int run(const CommandLine& line) {
  const auto loaded = load(line);
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
  Signals signals;  // before any thread exists
  if (line.command == Command::demo) {
    run_demo(loaded->config, signals);
    return 0;
  }
  return serve(*loaded, signals);
}

}  // namespace app
